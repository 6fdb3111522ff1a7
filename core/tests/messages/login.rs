//! code2session: every errcode, replies that are none, and the session_key's silence.

use wxpay_core::messages::code2session::{PATH, Session, SessionError, query, read_reply};

const SESSION_KEY: &str = "c2Vzc2lvbi1rZXktb2Ytbm9ib2R5";

fn session(unionid: Option<&str>) -> Session {
    Session {
        openid: "oNobody0000000000000000000001".into(),
        session_key: SESSION_KEY.to_owned().into(),
        unionid: unionid.map(ToString::to_string),
    }
}

fn reply(more: &str) -> String {
    let openid = "oNobody0000000000000000000001";
    format!(r#"{{"openid":"{openid}","session_key":"{SESSION_KEY}"{more}}}"#)
}

#[test]
fn a_login_gives_the_openid() {
    assert_eq!(read_reply(reply("").as_bytes()), Ok(session(None)));
    for more in [
        r#","errcode":0,"errmsg":"ok""#,
        r#","expires_in":7200"#,
        r#","new_in_2030":{"a":[1]}"#,
        r#","unionid":null"#,
    ] {
        assert_eq!(read_reply(reply(more).as_bytes()), Ok(session(None)), "{more}");
    }
    let with_union = reply(r#","unionid":"uNobody000000000000000000001""#);
    let expected = session(Some("uNobody000000000000000000001"));
    assert_eq!(read_reply(with_union.as_bytes()), Ok(expected));
    let escaped = reply("").replace("oNobody", "\\u006fNobody").replace(",", " ,\n ");
    assert_eq!(read_reply(escaped.as_bytes()), Ok(session(None)));
}

#[test]
fn each_errcode_has_its_meaning() {
    let configuration = |errcode| SessionError::Configuration { errcode };
    let unlisted = |errcode| SessionError::Unlisted { errcode };
    for (errcode, error) in [
        (-1, SessionError::Busy),
        (40013, configuration(40013)),
        (40029, SessionError::BadCode),
        (40125, configuration(40125)),
        (40163, SessionError::BadCode),
        (40226, SessionError::BlockedUser),
        (41002, configuration(41002)),
        (41004, configuration(41004)),
        (41008, SessionError::BadCode),
        (45011, SessionError::RateLimited),
        (48001, configuration(48001)),
        (40001, unlisted(40001)),
        (1, unlisted(1)),
        (i64::MAX, unlisted(i64::MAX)),
    ] {
        let failed = format!(r#"{{"errcode":{errcode},"errmsg":"no, rid: 1"}}"#);
        assert_eq!(read_reply(failed.as_bytes()), Err(error), "{errcode}");
        // An error stays an error even beside an openid.
        let both = reply(&format!(r#","errcode":{errcode}"#));
        assert_eq!(read_reply(both.as_bytes()), Err(error), "{errcode}");
        assert!(!error.to_string().is_empty());
    }
}

#[test]
fn anything_else_is_no_login() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "<xml></xml>",
        "<html>502</html>",
        "{\"openid\":\"o1\"",
        r#"{"openid":"o1"}"#,
        r#"{"session_key":"k"}"#,
        r#"{"openid":"","session_key":"k"}"#,
        r#"{"openid":null,"session_key":"k"}"#,
        r#"{"openid":1,"session_key":"k"}"#,
        r#"{"openid":"o1","session_key":"k"} x"#,
        r#"{"openid":"o1","openid":"o2","session_key":"k"}"#,
        r#"{"errcode":"40029"}"#,
        r#"{"errcode":0}"#,
        r#"{"errmsg":"ok"}"#,
    ] {
        assert_eq!(read_reply(body.as_bytes()), Err(SessionError::Malformed), "{body}");
    }
    assert_eq!(read_reply(b"{\"openid\":\"\xff\"}"), Err(SessionError::Malformed));
    let nested = "[".repeat(100_000);
    assert_eq!(read_reply(nested.as_bytes()), Err(SessionError::Malformed));
}

#[test]
fn a06_the_session_key_is_not_printed() {
    let printed = format!("{0:?} {0:#?}", session(Some("u1")));
    assert!(printed.contains("oNobody0000000000000000000001"), "{printed}");
    assert!(!printed.contains(SESSION_KEY), "{printed}");
    // The error of a reply that breaks off behind the key does not quote it.
    let torn = reply("").replace('}', "");
    let error = read_reply(torn.as_bytes()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(SESSION_KEY));
}

#[test]
fn the_query_has_the_four_documented_parameters() {
    assert_eq!(PATH, "/sns/jscode2session");
    let expected = [
        ("appid", "wx1"),
        ("secret", "s"),
        ("js_code", "c&secret=x"),
        ("grant_type", "authorization_code"),
    ];
    assert_eq!(query("wx1", "s", "c&secret=x"), expected);
}
