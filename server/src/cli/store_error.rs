//! What commands say of a data directory that they cannot use.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use super::lang::say;
use crate::store::{OpenError, is_of_disk};

/// A directory with data in it. Opening would make one.
pub(super) fn existing(directory: &Path) -> Result<(), OpenError> {
    if directory.join("orders").is_dir() {
        Ok(())
    } else {
        let what = say("there is no wxpay data in it", "其中没有 wxpay 的数据");
        Err(OpenError::Io(io::Error::new(io::ErrorKind::NotFound, what)))
    }
}

/// Says what is wrong and what to do.
pub(super) fn report(directory: &Path, error: &OpenError) -> ExitCode {
    let hint = match error {
        OpenError::InUse => say("stop the server first", "请先停止服务端"),
        OpenError::Damaged { .. } => say(
            "a backup brings it back: wxpay import BACKUP --into NEW-DIRECTORY",
            "请用备份恢复:wxpay import 备份文件 --into 新目录",
        ),
        OpenError::Io(error) if is_of_disk(error) => {
            say("try again once the disk is in order", "磁盘恢复正常后请重试")
        }
        OpenError::Io(_) => say("look at [store] path", "请检查 [store] path"),
        OpenError::NewerFormat { .. } => say("use the newer version", "请使用新版本"),
    };
    eprintln!("wxpay: {}: {error}\n  {hint}", directory.display());
    ExitCode::from(error.exit_code())
}
