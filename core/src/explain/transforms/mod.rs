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
    /// What exactly, in code-like words, never the key; the rest of it after a field's name, or nothing where the
    /// change speaks for itself.
    what: &'a str,
    pub(super) op: Op<'a>,
    /// Two rare mistakes are not tried together.
    pub(super) rare: bool,
}

impl Transform<'_> {
    /// What exactly was done. Worded only for what was found.
    pub(super) fn detail(&self) -> String {
        let what = self.what;
        match &self.op {
            Op::Edit(Edit::Set(name, value)) if what.is_empty() => [name, "=", value].concat(),
            Op::Edit(Edit::Add(name, value)) if what.is_empty() => [name, "=", value].concat(),
            Op::Edit(Edit::Set(name, _) | Edit::Add(name, _) | Edit::Items(name, _)) => {
                [name, what].concat()
            }
            Op::Edit(Edit::Empty(text, _)) => [what, "=", text].concat(),
            Op::Edit(Edit::Rename(from, to)) => [from, " -> ", to].concat(),
            Op::Edit(Edit::Drop(names)) if what.is_empty() => ["no ", &names.concat()].concat(),
            Op::Replace(list) if what.is_empty() => match list.as_slice() {
                [Replace { from, to, .. }, ..] => [from, " -> ", to].concat(),
                [] => String::new(),
            },
            _ => what.into(),
        }
    }
}

/// What a mistake changes. Two mistakes go together if they change different things, or are both edits.
pub(super) enum Op<'a> {
    Edit(Edit<'a>),
    Encode(Encode),
    Sort(Sort),
    Join(&'a Join),
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
    Add(&'a str, &'a str),
    /// Fields left out.
    Drop(Vec<&'a str>),
    /// Another name.
    Rename(&'a str, &'a str),
    /// Several other names.
    RenameAll(&'a [(&'static str, &'a str)]),
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
            Self::Join(join) => settings.join = join,
            Self::Raw(raw, tail) => {
                settings.raw = Some(*raw);
                settings.tail = *tail;
            }
            Self::Replace(replace) => settings.replace = replace,
            Self::Tail(tail) => settings.tail = *tail,
            Self::KeyField(key) => {
                settings.tail = Tail::None;
                pairs.push(Pair::signed("key", key));
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
            Self::Edit(Edit::Rename(..) | Edit::RenameAll(_) | Edit::Names(_)) => 1,
            _ => 0,
        }
    }
}

impl<'a> Edit<'a> {
    fn apply(&'a self, pairs: &mut Vec<Pair<'a>>) {
        match self {
            Self::Add(name, value) => pairs.push(Pair::signed(name, value)),
            Self::Drop(names) => remove(pairs, names),
            Self::Rename(from, to) => rename(pairs, &[(from, to)]),
            Self::RenameAll(names) => rename(pairs, names),
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
                remove(pairs, &[name]);
                for (index, item) in items.iter().enumerate() {
                    let name = Cow::Owned([name, "[", &index.to_string(), "]"].concat());
                    pairs.push(Pair { name, ..Pair::signed("", item) });
                }
            }
            Self::Sign(value) => {
                remove(pairs, &["sign"]);
                pairs.push(Pair::signed("sign", value));
            }
            Self::Repeated { all } => repeated(pairs, *all),
        }
    }
}

fn remove(pairs: &mut Vec<Pair<'_>>, names: &[&str]) {
    pairs.retain(|pair| !names.contains(&&*pair.name));
}

fn rename<'a>(pairs: &mut [Pair<'a>], names: &[(&str, &'a str)]) {
    for pair in pairs {
        if let Some((_, to)) = names.iter().find(|(from, _)| *from == pair.name) {
            pair.name = Cow::Borrowed(to);
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
    all: Vec<Transform<'a>>,
    received: bool,
    /// How many of the next ones are common.
    common: usize,
}

impl<'a> List<'a> {
    fn push(&mut self, id: &'static str, what: &'a str, op: Op<'a>) {
        self.push_both(id, None, what, op);
    }

    fn edit(&mut self, id: &'static str, what: &'a str, edit: Edit<'a>) {
        self.push_both(id, None, what, Op::Edit(edit));
    }

    /// Another value for a field, put together from parts.
    fn set(&mut self, id: &'static str, name: &'a str, what: &'a str, value: &[&str]) {
        self.edit(id, what, Edit::Set(name, value.concat()));
    }

    /// A mistake that has a row of its own on the verifying side.
    fn push_two(&mut self, sent: &'static str, received: &'static str, what: &'a str, op: Op<'a>) {
        let (id, also) = if self.received { (received, sent) } else { (sent, received) };
        self.push_both(id, Some(also), what, op);
    }

    fn push_both(
        &mut self,
        id: &'static str,
        also: Option<&'static str>,
        what: &'a str,
        op: Op<'a>,
    ) {
        self.all.push(Transform { id, also, what, op, rare: self.common == 0 });
        self.common = self.common.saturating_sub(1);
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
    let received = message.scene.is_received();
    let mut list = List { all: Vec::with_capacity(256), received, common: 0 };
    // The first ones of every group are common: they are also tried together with any other mistake.
    list.common = 2;
    encoding::hashes(&mut list, message, hash);
    list.common = 4;
    values::empties(&mut list, message);
    list.common = 12;
    names::sets(&mut list, message);
    list.common = 5;
    string::tails(&mut list, hash);
    list.common = 4;
    string::sorts(&mut list, message);
    list.common = 14;
    key::keys(&mut list, keys);
    list.common = 9;
    encoding::values(&mut list);
    list.common = 5;
    encoding::charsets(&mut list, options);
    list.common = 3;
    string::joins(&mut list, message, input);
    list.common = 9;
    values::formats(&mut list, message);
    list.common = 4;
    fields::drops(&mut list, message);
    list.common = 5;
    fields::additions(&mut list, message, right, keys);
    list.common = 4;
    values::single_fields(&mut list, message);
    list.all
}

pub(super) use encoding::other_algorithm;
pub(super) use key::Keys;
