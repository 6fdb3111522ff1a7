//! From a reading to a report.

use alloc::string::String;
use alloc::vec::Vec;

use super::case::Case;
use super::catalogue::known;
use super::form::{Target, targets, to_hex};
use super::message::Message;
use super::outline::{malformed, outline};
use super::plan::{Digest32, Hash, Scratch, Settings, mask};
use super::read::{Confidence, MAX_BYTES, ReadError, Reading, read};
use super::report::{Part, Report, Right, Scene, Verdict};
use super::transforms::{self, Keys};
use super::{Options, advice, compare, lints};
use crate::SignType;

pub(super) fn explain(input: &str, options: &Options<'_>) -> Report {
    let max = if options.max_bytes == 0 { MAX_BYTES } else { options.max_bytes.min(MAX_BYTES) };
    if input.len() > max {
        return malformed(ReadError::TooLarge { bytes: input.len(), max });
    }
    let reading = match read(input, options.format) {
        Ok(reading) => reading,
        Err(error) => return malformed(error),
    };
    let first = evaluate(input, &reading, options);
    let proved = |report: &Report| report.causes.iter().any(|cause| cause.proved);
    if let Some(other) = reading.other.filter(|_| first.verdict != Verdict::Match)
        && let Ok(second_reading) = read(input, Some(other))
    {
        let mut second = evaluate(input, &second_reading, options);
        if second.verdict == Verdict::Match || proved(&second) && !proved(&first) {
            second.confidence = Confidence::Likely;
            second.other_format = Some(reading.format);
            return second;
        }
    }
    first
}

fn evaluate(input: &str, reading: &Reading, options: &Options<'_>) -> Report {
    let other = options.other.and_then(|other| read(other, None).ok());
    let appid = options.appid.or_else(|| {
        other.as_ref().and_then(|other| other.get("appid").or_else(|| other.get("appId")))
    });
    let sign = options.sign.map(str::trim).filter(|sign| !sign.is_empty());
    let options = &Options { appid, sign, ..*options };
    let message = Message::new(reading, options);
    let pasted = reading.pasted_key().filter(|key| !key.is_empty());
    let main = options.keys.first().map(|key| key.bytes).or(pasted.map(str::as_bytes));
    let given = options.sign.or(message.own_sign).map(str::trim).filter(|sign| !sign.is_empty());
    let mut report = outline(reading, &message, given);
    let mut secrets: Vec<&[u8]> = options.keys.iter().map(|key| key.bytes).collect();
    secrets.extend(pasted.map(str::as_bytes));
    let check = Check { message: &message, options, secrets: &secrets, input };
    if message.scene == Scene::RefundNotice {
        check.refund(pasted, &mut report);
    } else {
        check.signature(main, pasted, given, &mut report);
    }
    lints::collect(&check, reading, given, &mut report);
    if report.verdict == Verdict::Match {
        // The key has just been proved right.
        report.lints.retain(|lint| lint.row.id != "A2");
    }
    if let Some(other) = &other {
        compare::collect(&message, other, given, &mut report);
    }
    advice::collect(&message, &mut report);
    let values = report.fields.iter_mut().map(|field| &mut field.value);
    for shown in values.chain(report.lints.iter_mut().map(|lint| &mut lint.detail)) {
        *shown = mask(core::mem::take(shown), &secrets);
    }
    report
}

/// One message and everything known beside it.
pub(super) struct Check<'a> {
    pub(super) message: &'a Message<'a>,
    pub(super) options: &'a Options<'a>,
    /// All keys; none may appear in the report.
    pub(super) secrets: &'a [&'a [u8]],
    pub(super) input: &'a str,
}

impl<'a> Check<'a> {
    #[cfg(feature = "refund-notice")]
    fn refund(&self, pasted: Option<&str>, report: &mut Report) {
        super::refund::explain(self, pasted, report);
    }

    #[cfg(not(feature = "refund-notice"))]
    fn refund(&self, _pasted: Option<&str>, report: &mut Report) {
        report.verdict = Verdict::Unsigned;
    }

    fn signature(
        &self,
        main: Option<&'a [u8]>,
        pasted: Option<&'a str>,
        given: Option<&str>,
        report: &mut Report,
    ) {
        let expected = hash_of(self.message.sign_type);
        let pairs = self.message.pairs.as_slice();
        let settings = Settings::right(expected, main.unwrap_or_default());
        report.string_to_sign = settings.masked(pairs, self.secrets);
        let mut scratch = Scratch::default();
        let right = main.map(|key| Right {
            md5: hex(&Settings::right(Hash::Md5, key).digest(pairs, &mut scratch), Hash::Md5),
            hmac_sha256: hex(
                &Settings::right(Hash::Hmac, key).digest(pairs, &mut scratch),
                Hash::Hmac,
            ),
        });
        report.right = right.clone();
        let Some(given) = given else {
            report.verdict = if main.is_some() { Verdict::Unsigned } else { Verdict::NoKey };
            return;
        };
        let right_one = right.as_ref().map(|right| match self.message.sign_type {
            SignType::Md5 => right.md5.as_str(),
            SignType::HmacSha256 => right.hmac_sha256.as_str(),
        });
        report.own_sign_right = self.options.sign.is_some()
            && right_one.is_some()
            && self.message.own_sign == right_one;
        if right_one == Some(given) {
            report.verdict = Verdict::Match;
            return;
        }
        report.verdict = if main.is_some() { Verdict::Mismatch } else { Verdict::NoKey };
        let targets = targets(given);
        let intended = intended(expected, &targets);
        let base = Settings { hash: intended, ..settings };
        let keys = Keys::new(
            main.unwrap_or_default(),
            pasted.filter(|_| !self.options.keys.is_empty()),
            self.message,
            self.options,
        );
        let rights = right.as_ref().map(|right| [right.md5.as_str(), right.hmac_sha256.as_str()]);
        let rights = rights.as_ref().map_or(&[][..], |rights| rights);
        let transforms =
            transforms::all(self.message, self.input, self.options, &keys, rights, intended);
        let case = Case { check: self, expected, targets: &targets, transforms: &transforms };
        if main.is_some() {
            case.with_key(base, report);
        } else {
            case.without_key(base, report);
        }
        if report.causes.iter().any(|cause| cause.proved) {
            report.verdict = Verdict::Mismatch;
        }
    }
}

pub(super) fn part(id: &'static str, also: Option<&'static str>, detail: &str) -> Part {
    Part { row: known(id), also, detail: detail.into() }
}

const fn hash_of(sign_type: SignType) -> Hash {
    match sign_type {
        SignType::Md5 => Hash::Md5,
        SignType::HmacSha256 => Hash::Hmac,
    }
}

/// The algorithm the given signature was most likely made with: the expected one if the length allows.
fn intended(expected: Hash, targets: &[Target]) -> Hash {
    let fits = |hash: Hash| targets.iter().any(|target| target.len == hash.len());
    [expected, Hash::Md5, Hash::Hmac].into_iter().find(|hash| fits(*hash)).unwrap_or(expected)
}

fn hex(digest: &Digest32, hash: Hash) -> String {
    to_hex(digest.get(..hash.len()).unwrap_or_default()).to_ascii_uppercase()
}
