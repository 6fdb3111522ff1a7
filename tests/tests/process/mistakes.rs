//! What people get wrong in a configuration, and what the answer must say.

/// A mistake: its name, how it is made, and what the error must say.
pub type Mistake = (&'static str, Change, &'static str);

/// How a good configuration is spoiled.
pub enum Change {
    /// Text of the file and what it becomes.
    Text(&'static str, &'static str),
    /// A section's line is added.
    Line(&'static str, &'static str),
    /// A key file's new content.
    Secret(&'static str, &'static str),
    /// An environment variable.
    Variable(&'static str, &'static str),
}

use Change::{Line, Secret, Text, Variable};

/// A key that looks like a real one, and stands in many of the mistakes.
pub const SECRET_KEY: &str = "5e2a9d0c7b1f4e8860d3c5b7a9f1e2d4";

/// All of them.
pub const MISTAKES: &[Mistake] = &[
    // The APIv2 key.
    ("no key", Text("api_key_file = \"shop.key\"\n", ""), "merchants.shop.api_key: missing"),
    (
        "no key file",
        Text("\"shop.key\"", "\"none.key\""),
        "merchants.shop.api_key: none.key: No such",
    ),
    ("empty key", Secret("shop.key", ""), "merchants.shop.api_key: "),
    (
        "short key",
        Secret("shop.key", "5e2a9d0c7b1f4e8860d3c5b7a9f1e2d"),
        "merchants.shop.api_key: ",
    ),
    (
        "long key",
        Secret("shop.key", "5e2a9d0c7b1f4e8860d3c5b7a9f1e2d4a"),
        "merchants.shop.api_key: ",
    ),
    (
        "line break",
        Secret("shop.key", "5e2a9d0c7b1f4e8860d3c5b7a9f1e2d4\n"),
        "merchants.shop.api_key: ",
    ),
    ("space", Secret("shop.key", "5e2a9d0c7b1f4e88 0d3c5b7a9f1e2d4"), "merchants.shop.api_key: "),
    (
        "x as key",
        Secret("shop.key", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        "api_key: looks like a placeholder",
    ),
    (
        "filler as key",
        Secret("shop.key", "YOUR_API_KEY_32_CHARACTERS_LONG_"),
        "api_key: looks like a placeholder",
    ),
    (
        "the key as path",
        Text("\"shop.key\"", "\"5e2a9d0c7b1f4e8860d3c5b7a9f1e2d4\""),
        "merchants.shop.api_key: the file",
    ),
    (
        "the key as variable",
        Text("api_key_file = \"shop.key\"", "api_key_env = \"5e2a9d0c7b1f4e8860d3c5b7a9f1e2d4\""),
        "merchants.shop.api_key: the environment variable that _env names is not set",
    ),
    (
        "the key itself",
        Text("api_key_file = \"shop.key\"", "api_key = \"5e2a9d0c7b1f4e8860d3c5b7a9f1e2d4\""),
        "merchants[0].api_key: unknown field",
    ),
    (
        "file and variable",
        Line("[[merchants]]", "api_key_env = \"KEY_OF_SHOP\""),
        "api_key: give either _file or _env",
    ),
    (
        "unset variable",
        Text("api_key_file = \"shop.key\"", "api_key_env = \"KEY_OF_SHOP\""),
        "variable KEY_OF_SHOP is not set",
    ),
    // The key before it.
    (
        "an old key for ever",
        Line("[[merchants]]", "old_api_key_file = \"shop.secret\""),
        "merchants.shop.old_api_key_until: expected a day such as 2026-01-31, at most 31 days",
    ),
    (
        "an old key for years",
        Line(
            "[[merchants]]",
            "old_api_key_file = \"shop.secret\"\nold_api_key_until = \"2999-01-01\"",
        ),
        "merchants.shop.old_api_key_until: expected a day such as 2026-01-31, at most 31 days",
    ),
    (
        "the present key as the old one",
        Line(
            "[[merchants]]",
            "old_api_key_file = \"shop.key\"\nold_api_key_until = \"2026-01-01\"",
        ),
        "merchants.shop.old_api_key: is the present key",
    ),
    (
        "no old key file",
        Line(
            "[[merchants]]",
            "old_api_key_file = \"none.key\"\nold_api_key_until = \"2026-01-01\"",
        ),
        "merchants.shop.old_api_key: none.key: No such",
    ),
    (
        "a day of no old key",
        Line("[[merchants]]", "old_api_key_until = \"2026-01-01\""),
        "merchants.shop.old_api_key_until: there is no old_api_key_file",
    ),
    // The other secrets.
    (
        "short AppSecret",
        Secret("shop.secret", "5e2a9d0c"),
        "merchants.shop.app_secret: expected at least 16",
    ),
    (
        "short admin key",
        Secret("shop.admin", "5e2a9d0c7b1f4e88"),
        "merchants.shop.admin_key: expected at least 32",
    ),
    (
        "admin key ends in a line break",
        Secret("shop.admin", "5e2a9d0c7b1f4e8860d3c5b7a9f1e2d4\n"),
        "merchants.shop.admin_key: contains white space",
    ),
    // Addresses.
    ("no public_url", Text("public_url", "#public_url"), "http.public_url: missing"),
    (
        "public_url with query",
        Text("public_url = \"http://127.0.0.1", "public_url = \"https://pay.example.com/?a=b\"\n#"),
        "http.public_url: expected an address without query",
    ),
    (
        "public_url with login",
        Text(
            "public_url = \"http://127.0.0.1",
            "public_url = \"https://a:5e2a9d0c7b1f4e8860d3c5b7a9f1e2d4@pay.example.com\"\n#",
        ),
        "http.public_url: expected an address without query, fragment or login",
    ),
    (
        "public_url with slash",
        Text("public_url = \"http://127.0.0.1", "public_url = \"https://pay.example.com/\"\n#"),
        "http.public_url: expected no slash",
    ),
    (
        "public_url without scheme",
        Text("public_url = \"http://127.0.0.1", "public_url = \"pay.example.com\"\n#"),
        "http.public_url: ",
    ),
    (
        "public_url that WeChat cannot take",
        Text("public_url = \"http://127.0.0.1", "public_url = \"https://pay.example.com/订单\"\n#"),
        "http.public_url: gives no address for notices: expected an absolute http(s) URL",
    ),
    ("http in production", Text("profile = \"test\"", ""), "http.public_url: expected https"),
    (
        "simulator in production",
        Text("profile = \"test\"", ""),
        "wechat.pay_url: expected https at *.weixin.qq.com",
    ),
    (
        "login at the simulator in production",
        Text("profile = \"test\"", ""),
        "wechat.login_url: expected https at *.weixin.qq.com",
    ),
    (
        "another host as WeChat",
        Text("pay_url = \"http://127.0.0.1:9", "pay_url = \"https://weixin.example.com"),
        "wechat.pay_url: expected https at *.weixin.qq.com",
    ),
    (
        "a path at WeChat",
        Text(
            "pay_url = \"http://127.0.0.1:9",
            "pay_url = \"https://api.mch.weixin.qq.com/xdc/apiv2sandbox",
        ),
        "wechat.pay_url: expected a host alone",
    ),
    (
        "another host as WeChat's backup",
        Line("[wechat]", "backup_pay_url = \"https://api2.example.com\""),
        "wechat.backup_pay_url: expected https at *.weixin.qq.com",
    ),
    (
        "a shop's program without the shop",
        Line("[[merchants]]", "sub_appid = \"wx7e57000000000307\""),
        "merchants.shop.sub_mch_id: missing",
    ),
    (
        "a shop that is its own provider",
        Line("[[merchants]]", "sub_mch_id = \"1900000109\""),
        "merchants.shop.sub_mch_id: expected the shop's number",
    ),
    (
        "a query at WeChat",
        Text("login_url = \"http://127.0.0.1:9", "login_url = \"https://api.weixin.qq.com/?a=b"),
        "wechat.login_url: expected a host alone",
    ),
    ("bad listen address", Variable("WXPAY__HTTP__LISTEN", "everywhere"), "http.listen: "),
    (
        "bad proxy",
        Line("[http]", "trusted_proxies = [\"nginx\"]"),
        "http.trusted_proxies: \"nginx\"",
    ),
    // Shape.
    (
        "misspelt key",
        Text("api_key_file", "apikey_file"),
        "merchants[0].apikey_file: unknown field `apikey_file`",
    ),
    (
        "one bracket",
        Text("[[merchants]]", "[merchants]"),
        "merchants: expected [[merchants]], with two brackets",
    ),
    ("unknown key", Line("[http]", "lisen = \"127.0.0.1:1\""), "http.lisen: unknown field"),
    ("unknown profile", Text("\"test\"", "\"staging\""), "profile: unknown variant `staging`"),
    ("text for a number", Text("cache_mb = 4", "cache_mb = \"four\""), "store.cache_mb: "),
    ("negative", Text("cache_mb = 4", "cache_mb = -4"), "store.cache_mb: "),
    ("no TOML", Text("[store]", "[store"), "line 6: "),
    (
        "unknown variable",
        Variable("WXPAY__HTTP__LISEN", "127.0.0.1:1"),
        "WXPAY__HTTP__LISEN: expected WXPAY__SECTION__KEY",
    ),
    (
        "variable for a merchant",
        Variable("WXPAY__MERCHANTS__SHOP__MCH_ID", "1"),
        "WXPAY__MERCHANTS__SHOP__MCH_ID: expected",
    ),
    // Values.
    ("no merchants", Text("[[merchants]]", "[[others]]"), "others"),
    (
        "id with a slash",
        Text("id = \"shop\"", "id = \"sh/op\""),
        "merchants.sh/op.id: expected 1 to 32 of a-z",
    ),
    ("appid with a space", Text("appid = \"wx", "appid = \"wx "), "merchants.shop.appid: expected"),
    (
        "cache beyond all memory",
        Text("cache_mb = 4", "cache_mb = 9000000000000000000"),
        "store.cache_mb: expected 1 to 65536",
    ),
    ("no cache", Text("cache_mb = 4", "cache_mb = 0"), "store.cache_mb: expected 1 to 65536"),
    ("no path", Text("path = \"data\"", "path = \"\""), "store.path: missing"),
    (
        "too many connections",
        Line("[http]", "max_connections = 9000000000000000000"),
        "http.max_connections: expected 1 to 1000000",
    ),
    (
        "no time",
        Line("[wechat]", "total_timeout_ms = 0"),
        "wechat.total_timeout_ms: expected 100 to 600000",
    ),
    (
        "no time for a body",
        Line("[http]", "body_timeout_ms = 0"),
        "http.body_timeout_ms: expected 100 to 600000",
    ),
    (
        "a short life",
        Variable("WXPAY__ORDERS__EXPIRE_S", "60"),
        "orders.expire_s: expected 300 to 604800",
    ),
    (
        "a token for ever",
        Variable("WXPAY__ORDERS__TOKEN_S", "9000000000000000000"),
        "orders.token_s: expected 60 to",
    ),
    (
        "a level that is none",
        Variable("WXPAY__LOG__LEVEL", "loud"),
        "log.level: expected error, warn",
    ),
];
