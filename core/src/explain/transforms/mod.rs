//! The mistakes the search tries, each a small change at one stage.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Options;
use super::charset::Charset;
use super::encode::Encode;
use super::message::Message;
use super::plan::{Hash, Join, Pair, Replace, Settings, Sort, Tail};

mod encoding;
mod fields;
mod key;
mod names;
mod string;
mod values;

/// A mistake: the row it belongs to, what it changes, and how often it is seen.
pub(super) struct Transform<'a> {
    pub(super) id: &'static str,
    /// The row for the same mistake seen from the other side.
    pub(super) also: Option<&'static str>,
    /// What exactly, in code-like words; never the key.
    pub(super) detail: Cow<'a, str>,
    pub(super) op: Op<'a>,
    /// Two rare mistakes are not tried together.
    pub(super) rare: bool,
}

/// What a mistake changes. Two mistakes go together if they change different things, or are both edits.
pub(super) enum Op<'a> {
    Edit(Edit<'a>),
    Encode(Encode),
    Sort(Sort),
    Join(Join),
    Raw(&'a str, Tail),
    Replace(Vec<Replace>),
    Tail(Tail),
    /// The key as one of the pairs, and none at the end.
    KeyField(&'a str),
    Key(&'a [u8]),
    Charset(Charset<'a>),
    Hash(Hash, Option<Tail>),
}

/// A change of the fields.
pub(super) enum Edit<'a> {
    /// One more field.
    Add(&'a str, Cow<'a, str>),
    /// Fields left out.
    Drop(Vec<&'a str>),
    /// Other names.
    Rename(Vec<(&'a str, &'a str)>),
    /// Every name changed.
    Names(fn(&str) -> String),
    /// Another value.
    Set(&'a str, String),
    /// Empty values signed, written as this text: all of them or one.
    Empty(&'static str, Option<&'a str>),
    /// A JSON array as `name[0]`, `name[1]`, …
    Items(&'a str, Vec<String>),
    /// The field `sign` signed with this value.
    Sign(String),
    /// Of repeated names the first counts, or both do.
    Repeated {
        /// Whether all of them are signed.
        all: bool,
    },
}

impl<'a> Op<'a> {
    /// The stage; mistakes of one stage exclude each other, but for edits.
    pub(super) const fn stage(&self) -> u8 {
        match self {
            Self::Edit(_) => 0,
            Self::Encode(_) => 1,
            Self::Sort(_) => 2,
            Self::Join(_) | Self::Raw(..) | Self::Replace(_) => 3,
            Self::Tail(_) | Self::KeyField(_) => 4,
            Self::Key(_) => 5,
            Self::Charset(_) => 6,
            Self::Hash(..) => 7,
        }
    }

    pub(super) fn apply(&'a self, pairs: &mut Vec<Pair<'a>>, settings: &mut Settings<'a>) {
        match self {
            Self::Edit(edit) => edit.apply(pairs),
            Self::Encode(encode) => settings.encode = *encode,
            Self::Sort(sort) => settings.sort = *sort,
            Self::Join(join) => settings.join = *join,
            Self::Raw(raw, tail) => {
                settings.raw = Some(*raw);
                settings.tail = *tail;
            }
            Self::Replace(replace) => settings.replace = replace,
            Self::Tail(tail) => settings.tail = *tail,
            Self::KeyField(key) => {
                settings.tail = Tail::None;
                pairs.push(Pair {
                    name: Cow::Borrowed("key"),
                    value: Cow::Borrowed(key),
                    signed: true,
                });
            }
            Self::Key(key) => settings.key = key,
            Self::Charset(charset) => settings.charset = *charset,
            Self::Hash(hash, tail) => {
                settings.hash = *hash;
                settings.tail = tail.unwrap_or(settings.tail);
            }
        }
    }

    /// Whether it changes the fields and not only the settings.
    pub(super) const fn changes_pairs(&self) -> bool {
        matches!(self, Self::Edit(_) | Self::KeyField(_))
    }

    /// Values are changed before names, so that two edits find their fields.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::Edit(Edit::Rename(_) | Edit::Names(_)) => 1,
            _ => 0,
        }
    }
}

impl<'a> Edit<'a> {
    fn apply(&'a self, pairs: &mut Vec<Pair<'a>>) {
        match self {
            Self::Add(name, value) => {
                pairs.push(Pair {
                    name: Cow::Borrowed(name),
                    value: Cow::Borrowed(value),
                    signed: true,
                });
            }
            Self::Drop(names) => pairs.retain(|pair| !names.contains(&&*pair.name)),
            Self::Rename(names) => {
                for pair in pairs {
                    if let Some((_, to)) = names.iter().find(|(from, _)| *from == pair.name) {
                        pair.name = Cow::Borrowed(to);
                    }
                }
            }
            Self::Names(rename) => {
                for pair in pairs {
                    pair.name = Cow::Owned(rename(&pair.name));
                }
            }
            Self::Set(name, value) => {
                for pair in pairs.iter_mut().filter(|pair| pair.signed && pair.name == *name) {
                    pair.value = Cow::Borrowed(value);
                }
            }
            Self::Empty(text, only) => {
                for pair in
                    pairs.iter_mut().filter(|pair| pair.value.is_empty() && pair.name != "sign")
                {
                    if only.is_none_or(|only| only == pair.name) {
                        pair.value = Cow::Borrowed(text);
                        pair.signed = true;
                    }
                }
            }
            Self::Items(name, items) => {
                pairs.retain(|pair| pair.name != *name);
                for (index, item) in items.iter().enumerate() {
                    let name = Cow::Owned([name, "[", &index.to_string(), "]"].concat());
                    pairs.push(Pair { name, value: Cow::Borrowed(item), signed: true });
                }
            }
            Self::Sign(value) => {
                pairs.retain(|pair| pair.name != "sign");
                pairs.push(Pair {
                    name: Cow::Borrowed("sign"),
                    value: Cow::Borrowed(value),
                    signed: true,
                });
            }
            Self::Repeated { all } => repeated(pairs, *all),
        }
    }
}

fn repeated(pairs: &mut [Pair<'_>], all: bool) {
    for index in 0..pairs.len() {
        let (before, rest) = pairs.split_at_mut(index);
        if let Some((pair, _)) = rest.split_first_mut() {
            let first = before.iter().all(|earlier| earlier.name != pair.name);
            let countable = !pair.value.is_empty() && pair.name != "sign" && pair.name != "paySign";
            pair.signed = countable && (all || first);
        }
    }
}

/// Collects the mistakes in the order in which the simplest explanation comes first.
pub(super) struct List<'a> {
    pub(super) all: Vec<Transform<'a>>,
    received: bool,
}

impl<'a> List<'a> {
    fn group(&mut self, common: usize, add: impl FnOnce(&mut Self)) {
        let from = self.all.len();
        add(self);
        for transform in self.all.iter_mut().skip(from).take(common) {
            transform.rare = false;
        }
    }

    #[inline(never)]
    fn push(&mut self, id: &'static str, detail: impl Into<Cow<'a, str>>, op: Op<'a>) {
        self.all.push(Transform { id, also: None, detail: detail.into(), op, rare: true });
    }

    /// A mistake that has a row of its own on the verifying side.
    fn push_two(
        &mut self,
        sent: &'static str,
        received: &'static str,
        detail: impl Into<Cow<'a, str>>,
        op: Op<'a>,
    ) {
        let (id, also) = if self.received { (received, sent) } else { (sent, received) };
        self.all.push(Transform { id, also: Some(also), detail: detail.into(), op, rare: true });
    }

    fn edit(&mut self, id: &'static str, detail: impl Into<Cow<'a, str>>, edit: Edit<'a>) {
        self.push(id, detail, Op::Edit(edit));
    }
}

/// Everything that could be wrong with this message.
pub(super) fn all<'a>(
    message: &'a Message<'a>,
    input: &'a str,
    options: &Options<'a>,
    keys: &'a Keys<'a>,
    right: &[&str],
    hash: Hash,
) -> Vec<Transform<'a>> {
    let mut list = List { all: Vec::with_capacity(256), received: message.scene.is_received() };
    // The first ones of every group are common: they are also tried together with any other mistake.
    list.group(2, |list| encoding::hashes(list, message, hash));
    list.group(4, |list| values::empties(list, message));
    list.group(12, |list| names::sets(list, message));
    list.group(5, |list| string::tails(list, hash));
    list.group(4, |list| string::sorts(list, message));
    list.group(14, |list| key::keys(list, keys));
    list.group(9, |list| encoding::values(list));
    list.group(5, |list| encoding::charsets(list, options));
    list.group(3, |list| string::joins(list, message, input));
    list.group(9, |list| values::formats(list, message));
    list.group(4, |list| fields::drops(list, message));
    list.group(5, |list| fields::additions(list, message, right, keys));
    list.group(4, |list| values::single_fields(list, message));
    list.all
}

pub(super) use key::Keys;

/// `name=value` as a detail.
fn assign(name: &str, value: &str) -> String {
    let mut text = String::with_capacity(name.len() + value.len() + 1);
    text.extend([name, "=", value]);
    text
}

/// `from -> to` as a detail.
fn arrow(from: &str, to: &str) -> String {
    let mut text = String::with_capacity(from.len() + to.len() + 4);
    text.extend([from, " -> ", to]);
    text
}
