//! Random sets, signed by core and by a few lines of Python that know nothing of it: `tests/interop/signer.py`.
//!
//! `cargo xtask signing` does the same with a million sets.

mod maps;

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use fastrand::Rng;
use wxpay_core::{ApiKey, Params, SignType, VerifyError, add_sign, sign, sign_pairs, verify};

use maps::Kind;

/// How many sets when nothing else is said.
const SHORT: u64 = 20_000;
/// How far core may be ahead of Python, in sets.
const AHEAD: usize = 1000;

/// What core says of one set.
struct Signed {
    line: String,
    md5: String,
    hmac_sha256: String,
}

/// How many sets there were of each kind.
type Seen = [u64; Kind::ALL.len()];

#[test]
fn s06_random_sets_have_the_signatures_that_python_gives_them() {
    let (count, seed) = (setting("MAPS", SHORT), setting("SEED", 1));
    let mut python = python();
    let (requests, answers) = (python.stdin.take().unwrap(), python.stdout.take().unwrap());
    let (sender, signed) = mpsc::sync_channel(AHEAD);
    let work = thread::spawn(move || sign_all(&mut Rng::with_seed(seed), count, requests, &sender));
    compare(&signed, answers, count);
    let seen = work.join().unwrap();
    assert!(python.wait().unwrap().success());
    for (kind, sets) in Kind::ALL.iter().zip(seen) {
        assert!(sets > count / 100, "{kind:?}: only {sets} of {count}");
    }
    let kinds: Vec<_> = Kind::ALL.iter().zip(seen).map(|(k, n)| format!("{n} {k}")).collect();
    println!("signing: {count} sets, {} signatures, 0 differ; {}", 2 * count, kinds.join(", "));
}

/// Makes sets, signs them, and sends each to Python and what core says to `sender`.
fn sign_all(
    random: &mut Rng,
    count: u64,
    requests: ChildStdin,
    sender: &SyncSender<Signed>,
) -> Seen {
    let (mut requests, mut seen) = (BufWriter::new(requests), Seen::default());
    for _ in 0..count {
        let (key, pairs) = (maps::key(random), maps::pairs(random));
        for (kind, sets) in Kind::ALL.iter().zip(&mut seen) {
            *sets += u64::from(kind.is(&pairs));
        }
        let line = serde_json::to_string(&(&key, &pairs)).unwrap();
        writeln!(requests, "{line}").unwrap();
        let key = ApiKey::new(&key).unwrap();
        let [md5, hmac_sha256] =
            [SignType::Md5, SignType::HmacSha256].map(|kind| core_signs(&pairs, kind, &key));
        // Nobody reads any more once a comparison has failed.
        if sender.send(Signed { line, md5, hmac_sha256 }).is_err() {
            return seen;
        }
    }
    seen
}

/// The set's signature, in each way that core has; what carries it verifies.
fn core_signs(pairs: &[(String, String)], sign_type: SignType, key: &ApiKey) -> String {
    let mut params = Params::from_pairs(pairs.iter().map(|(n, v)| (n, v))).unwrap();
    let signature = sign(&params, sign_type, key);
    let slices: Vec<_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(sign_pairs(&slices, sign_type, key), Ok(signature), "{pairs:?}");
    add_sign(&mut params, sign_type, key).unwrap();
    assert_eq!(params.get("sign"), Some(signature.as_str()));
    let other = params.filled("sign_type").is_some_and(|word| word != sign_type.as_str());
    let expected = if other { Err(VerifyError::SignTypeDiffers) } else { Ok(()) };
    assert_eq!(verify(params, sign_type, key).map(drop), expected, "{pairs:?}");
    signature.as_str().to_owned()
}

fn compare(signed: &Receiver<Signed>, answers: ChildStdout, count: u64) {
    let mut compared = 0;
    for (theirs, Signed { line, md5, hmac_sha256 }) in BufReader::new(answers).lines().zip(signed) {
        assert_eq!(theirs.unwrap(), format!("{md5} {hmac_sha256}"), "Python's, ours: {line}");
        compared += 1;
        if compared % 50_000 == 0 {
            println!("{compared} sets are signed alike");
        }
    }
    assert_eq!(compared, count, "Python has ended early");
}

fn python() -> Child {
    let signer = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/signer.py");
    let mut command = Command::new("python3");
    command.arg(&signer).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().expect("python3")
}

/// A number that `cargo xtask signing` has set.
#[allow(clippy::disallowed_methods, reason = "how long a test runs is set from outside")]
fn setting(name: &str, otherwise: u64) -> u64 {
    let text = std::env::var(format!("WXPAY_SIGNING_{name}"));
    text.map_or(otherwise, |text| text.parse().expect("a number"))
}
