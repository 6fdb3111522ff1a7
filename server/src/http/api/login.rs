//! `POST /v1/login {code, nickname?, photo?, merchant?}` -> `{token, expire}`.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use warp::Reply;

use super::{merchant_of, success};
use crate::app::App;
use crate::http::ApiError;
use crate::http::body::{self, BodyError};
use crate::http::requests::Login;
use crate::login::Profile;

#[derive(Serialize)]
struct Token<'a> {
    token: &'a str,
    /// Seconds.
    expire: i64,
}

pub(in crate::http) async fn login(
    app: Arc<App>,
    raw_query: String,
    body: Result<Bytes, BodyError>,
) -> Result<impl Reply + use<>, ApiError> {
    let request: Login = body::json(&body?)?;
    let merchant = merchant_of(&app, request.merchant.as_deref(), &raw_query)?;
    let profile = Profile {
        nickname: short("nickname", request.nickname)?,
        photo: short("photo", request.photo)?,
    };
    let login = app.logins.log_in(merchant, &request.code, profile).await?;
    Ok(success(Token { token: login.token.expose(), expire: login.expire_s }))
}

fn short(field: &str, text: Option<String>) -> Result<Option<String>, ApiError> {
    const MAX_BYTES: usize = 1024;
    match text {
        Some(text) if text.len() > MAX_BYTES => {
            Err(ApiError::field(field, format!("expected at most {MAX_BYTES} bytes")))
        }
        text => Ok(text),
    }
}
