//! Whose message it is: appid and mch_id, in service-provider mode also the sub merchant's.

use alloc::string::String;
use core::fmt;

use super::field::{self, Field, FieldError, Format};
use crate::{Params, ParamsError};

/// The fields that name the merchant in every message (APIv2 common fields; service-provider mode).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The mini program's appid, or the service provider's.
    pub appid: String,
    /// The merchant number, or the service provider's.
    pub mch_id: String,
    /// Service-provider mode: the sub merchant's appid, if used.
    pub sub_appid: Option<String>,
    /// Service-provider mode: the sub merchant's number.
    pub sub_mch_id: Option<String>,
}

/// A message that names another merchant than it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherMerchantError {
    /// The field that differs.
    pub field: &'static str,
}

/// The identity fields of every message.
const FIELDS: [Field; 4] = [
    Field::required("appid", Format::Text(32)),
    Field::required("mch_id", Format::Text(32)),
    Field::optional("sub_appid", Format::Text(32)),
    SUB_MCH_ID,
];

const SUB_MCH_ID: Field = Field::optional("sub_mch_id", Format::SubMchId);

/// Checks the identity fields of a request.
pub(super) fn check(params: &Params) -> Result<(), FieldError> {
    field::check(params, &FIELDS)?;
    let sub_mch_id = params.filled("sub_mch_id");
    if sub_mch_id.is_some() && sub_mch_id == params.filled("mch_id") {
        return Err(SUB_MCH_ID.wrong());
    }
    Ok(())
}

impl Identity {
    /// A direct merchant.
    pub fn direct(appid: impl Into<String>, mch_id: impl Into<String>) -> Self {
        Self { appid: appid.into(), mch_id: mch_id.into(), sub_appid: None, sub_mch_id: None }
    }

    /// Adds the fields to a request.
    pub(super) fn add_to(&self, params: &mut Params) -> Result<(), ParamsError> {
        for (name, value) in self.fields() {
            if let Some(value) = value {
                params.set(name, value)?;
            }
        }
        Ok(())
    }

    /// Checks that a message is this merchant's. Fields this merchant does not have are not looked at.
    ///
    /// # Errors
    /// [`OtherMerchantError`] names the field that is absent or differs.
    pub fn check(&self, params: &Params) -> Result<(), OtherMerchantError> {
        for (field, ours) in self.fields() {
            // WeChat leaves sub_appid out where the order had none; all others must be there.
            let absent_is_fine = field == "sub_appid";
            match (ours, params.filled(field)) {
                (Some(ours), Some(theirs)) if ours == theirs => {}
                (Some(_), None) if absent_is_fine => {}
                (Some(_), _) => return Err(OtherMerchantError { field }),
                (None, _) => {}
            }
        }
        Ok(())
    }

    fn fields(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("appid", Some(&self.appid)),
            ("mch_id", Some(&self.mch_id)),
            ("sub_appid", self.sub_appid.as_deref()),
            ("sub_mch_id", self.sub_mch_id.as_deref()),
        ]
    }
}

impl fmt::Display for OtherMerchantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: names another merchant", self.field)
    }
}

impl core::error::Error for OtherMerchantError {}
