//! What HTML makes of `&name`: reference "HTML entity damage".

/// The damaged character, what it swallowed, and whether a browser does it without a semicolon.
pub(super) const DAMAGE: [(&str, &str, bool); 13] = [
    ("¬", "&not", true),
    ("×", "&times", true),
    ("¤", "&curren", true),
    ("¶", "&para", true),
    ("£", "&pound", true),
    ("®", "&reg", true),
    ("™", "&trade", false),
    ("⊂", "&sub", false),
    ("∏", "&prod", false),
    ("∂", "&part", false),
    ("∥", "&par", false),
    ("⪯", "&pre", false),
    ("⪰", "&sce", false),
];

/// What `&` and the start of a name became, if this is one of the damaged characters.
pub(super) fn swallowed(c: char) -> Option<&'static str> {
    if c.is_ascii() {
        return None;
    }
    DAMAGE.iter().find(|(symbol, ..)| symbol.starts_with(c)).and_then(|(_, name, _)| name.get(1..))
}
