//! `xtask-wasm-bindgen INPUT.wasm FOLDER NAME`: writes `FOLDER/NAME.js` and `FOLDER/NAME_bg.wasm`.
//!
//! What the wasm-bindgen command line does, at the version of the crate that the module was built with.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wasm-bindgen: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let mut args = std::env::args_os().skip(1);
    let input = PathBuf::from(args.next().context("expected the wasm file")?);
    let folder = PathBuf::from(args.next().context("expected the folder to write to")?);
    let name = args.next().context("expected the name of the files")?;
    let mut bindgen = Bindgen::new();
    bindgen.input_path(&input).out_name(&name.to_string_lossy());
    bindgen.web(true)?.omit_default_module_path(true).typescript(false);
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen.generate(&folder)
}
