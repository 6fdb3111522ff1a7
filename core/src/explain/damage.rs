//! What HTML makes of `&name`: reference "HTML entity damage".

/// The damaged character, the name it swallowed, and whether a browser does it without a semicolon.
pub(super) const DAMAGE: [(char, &str, bool); 12] = [
    ('¬', "not", true),
    ('×', "times", true),
    ('¤', "curren", true),
    ('¶', "para", true),
    ('£', "pound", true),
    ('®', "reg", true),
    ('™', "trade", false),
    ('⊂', "sub", false),
    ('∏', "prod", false),
    ('∂', "part", false),
    ('⪯', "pre", false),
    ('⪰', "sce", false),
];

/// What `&` and the start of a name became, if this is one of the damaged characters.
pub(super) fn swallowed(c: char) -> Option<&'static str> {
    // ∥ is &par, the same name as ∂ shorter by a letter; it is only ever read.
    if c == '∥' {
        return Some("par");
    }
    DAMAGE.iter().find(|(damaged, ..)| *damaged == c).map(|(_, name, _)| *name)
}
