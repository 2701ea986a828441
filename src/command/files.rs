//! Owns `vouchsafe export`, `plan`, `apply` and `drift`: configuration kept in files, in TOML. It does not own comparing and
//! applying (`flow::admin::files`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::answer::printable;
use super::door::{Door, DoorArgs};
use super::{Answer, Failure, General, environment, question};
use crate::flow::admin::files::{Action, FilesPlan, ObjectChange};
use crate::http::admin::api::here::{Ask, Payload};

/// Exit code of `plan` and `drift` when there is a difference.
const DIFFERS: u8 = 2;

#[derive(Debug, Args)]
pub(super) struct LookArgs {
    #[command(flatten)]
    door: DoorArgs,
}

#[derive(Debug, Args)]
pub(super) struct FilesArgs {
    #[command(flatten)]
    door: DoorArgs,
    /// TOML files, or folders of them; together they are one set.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    files: FilesArgs,
    /// Removes what the files held before and hold no more, without asking.
    #[arg(long)]
    yes: bool,
    /// Takes files that hold nothing at all: everything that files own is removed.
    #[arg(long)]
    allow_empty: bool,
}

/// `export`: everything that files could own, as one TOML file on the output stream.
pub(super) async fn export(general: &General, args: LookArgs) -> Result<Answer, Failure> {
    let set = ask(general, &args.door, "GET", "/files", None).await?;
    let text = toml::to_string_pretty(&without_nulls(set.clone()))
        .map_err(|e| Failure::Unavailable(format!("what is there cannot be written as TOML: {e}")))?;
    Ok(Answer::new(text, set))
}

/// `drift`: what was changed by hand since.
pub(super) async fn drift(general: &General, args: LookArgs) -> Result<Answer, Failure> {
    let plan = ask(general, &args.door, "GET", "/files/drift", None).await?;
    let changes = changes(&plan)?;
    if changes.is_empty() {
        return Ok(Answer::new("Nothing was changed by hand since files were last applied.", plan));
    }
    let words: Vec<String> = changes.iter().map(|change| told(change, true)).collect();
    Ok(Answer::new(words.join("\n"), plan).with_code(DIFFERS))
}

/// `plan`: what applying would do.
pub(super) async fn plan(general: &General, args: FilesArgs) -> Result<Answer, Failure> {
    let body = request(&args.files)?;
    let plan = ask(general, &args.door, "POST", "/files/plan", Some(body)).await?;
    let changes = changes(&plan)?;
    if changes.is_empty() {
        return Ok(Answer::new("Everything is as the files say.", plan));
    }
    let mut words: Vec<String> = changes.iter().map(|change| told(change, false)).collect();
    words.push(format!("\n{}", sum(&changes)));
    Ok(Answer::new(words.join("\n"), plan).with_code(DIFFERS))
}

/// `apply`: makes it so. What would be removed is shown and asked about before.
pub(super) async fn apply(general: &General, args: ApplyArgs) -> Result<Answer, Failure> {
    let ApplyArgs { files: args, yes, allow_empty } = args;
    let body = request(&args.files)?;
    let is_empty = body["documents"].as_object().is_some_and(|kinds| kinds.values().all(holds_nothing));
    if !yes || (is_empty && !allow_empty) {
        let plan = ask(general, &args.door, "POST", "/files/plan", Some(body.clone())).await?;
        let removed: Vec<ObjectChange> =
            changes(&plan)?.into_iter().filter(|change| change.action == Action::Delete).collect();
        if !removed.is_empty() && is_empty && !allow_empty {
            return Err(Failure::Refused(format!(
                "The files hold nothing, and files own {} things here, which would all be removed. Check the path; if it \
                 is meant so, add --allow-empty.",
                removed.len()
            )));
        }
        if !removed.is_empty() && !yes {
            let words: Vec<String> = removed.iter().map(|change| told(change, false)).collect();
            let question = format!("{}\n\nThis is removed, with what hangs on it.", words.join("\n"));
            question::agree(&question, "--yes")?;
        }
    }
    let done = ask(general, &args.door, "POST", "/files/apply", Some(body)).await?;
    let changes = changes(&done)?;
    if changes.is_empty() {
        return Ok(Answer::new("Everything was as the files say; nothing was changed.", done));
    }
    let mut words: Vec<String> = changes.iter().map(|change| told(change, false)).collect();
    words.push(format!("\nApplied: {}", sum(&changes)));
    let made = ["secrets", "webhook_secrets"].into_iter().filter_map(|kind| done[kind].as_object()).flatten();
    for (name, secret) in made {
        let secret = secret.as_str().unwrap_or_default();
        words.push(format!("The secret of {}, shown this once: {secret}", printable(name)));
    }
    Ok(Answer::new(words.join("\n"), done))
}

/// An empty list of things; settings are something.
fn holds_nothing(of_kind: &Value) -> bool {
    of_kind.as_array().is_some_and(Vec::is_empty)
}

async fn ask(
    general: &General,
    door: &DoorArgs,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> Result<Value, Failure> {
    let door = Door::open(door, general).await?;
    let body = body.map(|body| Payload::json(body.to_string()));
    let told = door.ask(Ask { method: method.to_owned(), path: path.to_owned(), body, if_match: None }).await;
    door.close().await;
    Ok(told?.json)
}

fn changes(plan: &Value) -> Result<Vec<ObjectChange>, Failure> {
    let read = serde_json::from_value::<FilesPlan>(json!({ "changes": plan["changes"] }));
    Ok(read.map_err(|e| Failure::Unavailable(format!("the plan cannot be read: {e}")))?.changes)
}

/// One object: what is done to it, and each field before and after.
fn told(change: &ObjectChange, is_drift: bool) -> String {
    let sign = match (change.action, is_drift) {
        (Action::Create, _) => "+ create",
        (Action::Update, false) => "~ change",
        (Action::Update, true) => "~ changed by hand:",
        (Action::Adopt, _) => "= take over, as it is,",
        (Action::Delete, false) => "- remove",
        (Action::Delete, true) => "- removed by hand:",
        (Action::Forget, _) => "- forget (it is gone)",
    };
    let mark = if change.drifted && !is_drift { "  (changed by hand since it was last applied)" } else { "" };
    let mut words = format!("{sign} {} {}{mark}", change.kind.as_str(), printable(&change.name));
    if !change.ends.is_empty() {
        let all = change.ends.iter().map(|(what, count)| match (what.as_str(), *count) {
            ("members", 1_001..) => "members: more than 1000".to_owned(),
            (what, count) => format!("{}: {count}", printable(what)),
        });
        words += &format!("\n    goes with it: {}", all.collect::<Vec<_>>().join(", "));
    }
    for field in &change.fields {
        let shown = |value: &Value| printable(&value.to_string());
        words += &format!("\n    {}: {} -> {}", field.path, shown(&field.before), shown(&field.after));
    }
    words
}

fn sum(changes: &[ObjectChange]) -> String {
    let count = |actions: &[Action]| changes.iter().filter(|change| actions.contains(&change.action)).count();
    format!(
        "{} to create, {} to change, {} to take over, {} to remove.",
        count(&[Action::Create]),
        count(&[Action::Update]),
        count(&[Action::Adopt]),
        count(&[Action::Delete, Action::Forget])
    )
}

/// TOML has no null: a member without a value is left out.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            kept.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// All files as one set, and the secrets that their references lead to.
fn request(paths: &[PathBuf]) -> Result<Value, Failure> {
    let (mut documents, mut secrets) = (serde_json::Map::new(), BTreeMap::new());
    let mut provider_secrets = BTreeMap::new();
    let mut webhook_secrets = BTreeMap::new();
    for path in files(paths)? {
        let refuse = |words: String| Failure::Usage(format!("{}: {words}", path.display()));
        let text = std::fs::read_to_string(&path).map_err(|e| refuse(format!("cannot be read: {e}")))?;
        let value: Value = toml::from_str(&text).map_err(|e| refuse(e.to_string()))?;
        let Value::Object(members) = value else { return Err(refuse("is no table".to_owned())) };
        for (kind, mut value) in members {
            match kind.as_str() {
                "client" => take_secrets(&mut value, ("client", "client_id"), &path, &mut secrets)?,
                "provider" => take_secrets(&mut value, ("provider", "id"), &path, &mut provider_secrets)?,
                "webhook" => take_secrets(&mut value, ("webhook", "name"), &path, &mut webhook_secrets)?,
                _ => {}
            }
            match (documents.get_mut(&kind), value) {
                (Some(Value::Array(all)), Value::Array(more)) => all.extend(more),
                (Some(_), _) => return Err(refuse(format!("{kind} stands in another file already"))),
                (None, value) => {
                    documents.insert(kind, value);
                }
            }
        }
    }
    let mut request = json!({ "documents": documents, "secrets": secrets, "webhook_secrets": webhook_secrets });
    if !provider_secrets.is_empty() {
        // Only then: a server from before knows no such member.
        request["provider_secrets"] = json!(provider_secrets);
    }
    Ok(request)
}

/// The files themselves; of a folder every `*.toml` in it, in order of their names.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let unreadable = |e: std::io::Error| Failure::Usage(format!("{}: cannot be read: {e}", path.display()));
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            inside.push(entry.map_err(unreadable)?.path());
        }
        inside.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
        inside.sort();
        if inside.is_empty() {
            return Err(Failure::Usage(format!("{}: there is no .toml file in this folder", path.display())));
        }
        found.extend(inside);
    }
    Ok(found)
}

/// Takes `secret = { env = "NAME" }` or `secret = { file = "PATH" }` out of each client, provider or webhook, and follows it. A secret itself in a
/// file is refused: files are kept where others read them.
fn take_secrets(
    objects: &mut Value,
    (kind, key): (&str, &str),
    path: &Path,
    secrets: &mut BTreeMap<String, String>,
) -> Result<(), Failure> {
    for object in objects.as_array_mut().into_iter().flatten() {
        let id = object[key].as_str().unwrap_or_default().to_owned();
        let Some(reference) = object.as_object_mut().and_then(|members| members.remove("secret")) else { continue };
        let refuse = |words: &str| Failure::Usage(format!("{}: the secret of {kind} {id:?} {words}", path.display()));
        let secret = match (reference["env"].as_str(), reference["file"].as_str()) {
            (Some(name), None) => environment()
                .remove(name)
                .ok_or_else(|| refuse(&format!("refers to the environment variable {name}, which is not set")))?,
            (None, Some(file)) => {
                // Beside the file that names it.
                let place = path.parent().unwrap_or(Path::new("")).join(file);
                let text = std::fs::read_to_string(&place)
                    .map_err(|e| refuse(&format!("refers to {}, which cannot be read: {e}", place.display())))?;
                text.trim().to_owned()
            }
            _ => {
                let words = "must be a reference, { env = \"NAME\" } or { file = \"PATH\" }: a secret does not belong in a file";
                return Err(refuse(words));
            }
        };
        secrets.insert(id, secret);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn files_of_a_folder_are_one_set_and_references_are_followed() {
        let (folder, _) = written("[[client]]\nclient_id = \"wiki\"\nsecret = { file = \"wiki.secret\" }\n");
        std::fs::write(folder.path().join("wiki.secret"), "s3cret\n").unwrap();
        std::fs::write(folder.path().join("b.toml"), "[[client]]\nclient_id = \"shop\"\n[[group]]\nname = \"staff\"\n")
            .unwrap();
        let request = request(&[folder.path().to_owned()]).unwrap();
        assert_eq!(request["documents"]["client"], json!([{ "client_id": "wiki" }, { "client_id": "shop" }]));
        assert_eq!(request["documents"]["group"], json!([{ "name": "staff" }]));
        assert_eq!(request["secrets"], json!({ "wiki": "s3cret" }));
    }

    #[test]
    fn references_of_webhooks_are_followed_too() {
        let (folder, path) = written("[[webhook]]\nname = \"crm\"\nsecret = { file = \"crm.secret\" }\n");
        std::fs::write(folder.path().join("crm.secret"), "whsec_AAAA\n").unwrap();
        let request = request(&[path]).unwrap();
        assert_eq!(request["documents"]["webhook"], json!([{ "name": "crm" }]));
        assert_eq!(request["webhook_secrets"], json!({ "crm": "whsec_AAAA" }));
        let (_folder, path) = written("[[webhook]]\nname = \"crm\"\nsecret = \"whsec_AAAA\"\n");
        let Err(Failure::Usage(refused)) = super::request(&[path]) else { panic!("a secret in a file") };
        assert!(refused.contains("secret of webhook \"crm\"") && !refused.contains("whsec_AAAA"), "{refused}");
    }

    #[test]
    fn a_secret_in_a_file_and_a_reference_to_nothing_are_refused() {
        for (secret, words) in [
            ("\"hunter2\"", "must be a reference"),
            ("{ env = \"IT_IS_NOT_SET\" }", "IT_IS_NOT_SET"),
            ("{ file = \"nowhere\" }", "nowhere"),
            ("{ env = \"A\", file = \"b\" }", "must be a reference"),
        ] {
            let (_folder, path) = written(&format!("[[client]]\nclient_id = \"wiki\"\nsecret = {secret}\n"));
            let Err(Failure::Usage(refused)) = request(&[path]) else { panic!("{secret}") };
            assert!(refused.contains(words), "{refused}");
            assert!(!refused.contains("hunter2"), "{refused}");
        }
        let Err(Failure::Usage(refused)) = request(&[written("[[client]\n").1]) else { panic!("not TOML") };
        assert!(refused.contains("a.toml"), "{refused}");
    }
}
