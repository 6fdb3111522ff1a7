//! Messages for people come in English and Chinese; the locale decides.

/// The text in the language of `LC_ALL`, `LC_MESSAGES` or `LANG`.
pub(super) fn say<'a>(english: &'a str, chinese: &'a str) -> &'a str {
    if is_chinese() { chinese } else { english }
}

#[allow(clippy::disallowed_methods, reason = "the terminal's language is no configuration of ours")]
pub(super) fn is_chinese() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"));
    locale.is_some_and(|locale| locale.starts_with("zh"))
}
