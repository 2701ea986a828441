//! Owns the verbs that carry a client's logo between a file and the API. It does not own what a logo may be (`oauth::logo`).

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};

use clap::{Arg, Command};
use serde_json::json;

use super::work::Work;
use super::{part, told};
use crate::command::{Answer, Failure, show};
use crate::http::admin::api::here::Payload;
use crate::oauth::logo;

pub(super) fn out_args(command: Command) -> Command {
    let out = Arg::new("out").long("out").value_name("FILE").required(true);
    let client = part("client_id").required(true);
    command
        .arg(client)
        .arg(out.help("A file that is not there yet; its end (.png, .jpg, .webp) changes nothing about the image"))
}

pub(super) fn file_args(command: Command) -> Command {
    let client = part("client_id").required(true);
    command.arg(client).arg(Arg::new("file").value_name("FILE").required(true).help("The image"))
}

/// Writes the image as it was sent. A file that is there stays as it is.
pub(super) async fn write(work: &Work<'_>) -> Result<Answer, Failure> {
    let path = work.text("out").unwrap_or_default();
    let image = work.ask("client_logo", "", None).await?.bytes;
    let trouble = |e: std::io::Error| Failure::Refused(format!("{path} cannot be written: {e}"));
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(trouble)?;
    file.write_all(&image).and_then(|()| file.sync_all()).map_err(trouble)?;
    let client = show::clean(work.text("client_id").unwrap_or_default());
    let words = format!("The logo of the client {client} is in {path} ({} bytes).", image.len());
    Ok(Answer::new(words, json!({ "client_id": client, "file": path, "bytes": image.len() })))
}

/// Sends the image. What it is called counts for nothing: its bytes say what it is.
pub(super) async fn set(work: &Work<'_>) -> Result<Answer, Failure> {
    let path = work.text("file").unwrap_or_default();
    let bytes = read(path)?;
    let image = logo::judge(&bytes).map_err(|why| Failure::Refused(format!("{path}: {why}")))?;
    let sent = Payload { media_type: image.format.media_type(), bytes };
    let client = told::client(work.send_file("client_logo_set", sent).await?.json);
    let name = show::clean(client["client_id"].as_str().unwrap_or_default());
    let words = format!("The client {name} has this logo now: {} by {} pixels.", image.width, image.height);
    Ok(Answer::new(words, client))
}

/// One byte more than a logo may have, so that what is too large shows and is not read to its end.
fn read(path: &str) -> Result<Vec<u8>, Failure> {
    let trouble = |e: std::io::Error| Failure::Usage(format!("{path} cannot be read: {e}"));
    let mut bytes = Vec::new();
    let most = u64::try_from(logo::MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).map_err(trouble)?.take(most).read_to_end(&mut bytes).map_err(trouble)?;
    Ok(bytes)
}
