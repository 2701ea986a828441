//! Owns the pages of "Try it": what to ask for, the way back from the authorization endpoint, and the report of a run. It does
//! not own the run (`flow::admin::try_it`).

use serde_json::Value;

use super::client::{at, choice, found, frame};
use super::desk::{Desk, Failed, answer, encoded, tried};
use super::words::{ago, span};
use crate::flow::admin::client::ClientView;
use crate::flow::admin::try_it::claims::{is_moment, meaning};
use crate::flow::admin::try_it::report::{self, Inside, Report, Token, Trouble};
use crate::flow::admin::try_it::{self, Begun, Flow, Wishes};
use crate::http::pages::console::{Block, Field, FieldKind, Form, Notice, Part, Step, Table, Tone};
use crate::http::reply::Reply;
use crate::http::routes::ENDPOINTS;
use crate::identity::Permission as P;
use crate::identity::permission::is_admin_scope;
use crate::time::{Lifetime, Timestamp};

/// The tab of a client's page.
pub(super) const TAB: &str = "Try it";

/// `GET /admin/clients/{id}/try`.
pub async fn ask(desk: Desk) -> Reply {
    ask_page(&desk, None).await
}

async fn ask_page(desk: &Desk, failed: Failed) -> Reply {
    let (id, view) = match found(desk).await {
        Ok(found) => found,
        Err(reply) => return reply,
    };
    let mut page = frame(desk, &id, &view);
    let offered = [Flow::Code, Flow::ClientCredentials].into_iter().filter(|flow| may(&view, *flow));
    let offered: Vec<Flow> = if view.disabled_at.is_some() || view.built_in { Vec::new() } else { offered.collect() };
    if let Some((_, refusal)) = failed.as_ref().filter(|_| offered.is_empty()) {
        return desk.refused(refusal);
    }
    if offered.is_empty() {
        let why = match (view.built_in, view.disabled_at.is_some()) {
            (true, _) => "This is the console's own client: you have tried it when you signed in.",
            (_, true) => "The client is disabled. Enable it, then try it.",
            _ => "The client has no grant that a run could begin with.",
        };
        page.blocks.push(Block::Empty {
            heading: "There is nothing to try".to_owned(),
            words: vec![Part::plain(why)],
            action: Some(desk.link("To the client", &at(&id))),
        });
        return desk.show(page);
    }
    for flow in offered {
        page.blocks.extend(offer(desk, &id, &view, flow, &failed));
    }
    desk.show_tried(page, &failed)
}

fn may(view: &ClientView, flow: Flow) -> bool {
    view.document.grants.as_deref().unwrap_or_default().contains(&flow.grant())
}

/// What will happen, and the form that begins it.
fn offer(desk: &Desk, id: &str, view: &ClientView, flow: Flow, failed: &Failed) -> [Block; 3] {
    let (heading, steps) = match flow {
        Flow::Code => ("Somebody signs in", steps_of_code(view)),
        Flow::ClientCredentials => ("The client acts for itself", steps_of_itself()),
    };
    let words = match view.document.profile.is_public() {
        true => {
            "The real flow by the client's own rules. Tokens are decoded for you, and nobody is shown one that could be used."
        }
        false => {
            "The real flow by the client's own rules. Tokens are decoded for you, and nobody is shown one that could be used. \
             The console does not know the client's secret: it acts in the client's name by your authority, so how the \
             client authenticates is the one thing that is not tried."
        }
    };
    let form = form(desk, id, view, flow);
    [Block::Heading(heading.to_owned(), vec![Part::plain(words)]), Block::Steps(steps), desk.block(form, failed)]
}

fn step(name: &str, outcome: &str) -> Step {
    Step { name: name.to_owned(), outcome: outcome.to_owned(), ..Step::default() }
}

fn steps_of_code(view: &ClientView) -> Vec<Step> {
    let introspection = match view.document.profile.is_public() {
        true => "The access token is shown to userinfo.",
        false => "The access token is shown to userinfo and to introspection.",
    };
    vec![
        step(
            "Your browser goes to the authorization endpoint",
            "You sign in there as anybody you can sign in as. Unless the client is one of your own, you are asked whether \
             you allow it; what you allow is remembered, as always.",
        ),
        step("It comes back here, and the code is exchanged for tokens", "With PKCE, state and nonce."),
        step("The tokens are tried", introspection),
        step(
            "You see a report",
            "Each request, each answer, each token decoded; for a quarter of an hour, and only you.",
        ),
    ]
}

fn steps_of_itself() -> Vec<Step> {
    vec![
        step("An access token is issued to the client", "Nobody signs in."),
        step("It is shown to introspection", "As an API would do it."),
        step(
            "You see a report",
            "Each request, each answer, the token decoded; for a quarter of an hour, and only you.",
        ),
    ]
}

fn form(desk: &Desk, id: &str, view: &ClientView, flow: Flow) -> Form {
    let (name, value) = match flow {
        Flow::Code => ("try", "code"),
        Flow::ClientCredentials => ("try-itself", "client_credentials"),
    };
    let registered = view.document.scopes.clone().unwrap_or_default();
    let personal = |scope: &str| crate::oauth::scope::is_standard(scope);
    let offered = registered.iter().filter(|scope| flow == Flow::Code || !personal(scope));
    let scope = |scope: &String| (scope.clone(), scope.clone(), String::new(), !is_admin_scope(scope));
    let scopes: Vec<_> = offered.map(scope).collect();
    let mut fields = Vec::new();
    if !scopes.is_empty() {
        fields.push(Field::line("scopes", "Scopes to ask for", "").kind(FieldKind::Checks(scopes)));
    }
    let resource = Field::line("resources", "Resources", "").kind(FieldKind::Lines(2));
    let resource = resource.hint("Addresses of APIs that the access token is for, one on each line. Usually none.");
    let revoke = Field::line("revoke", "Revoke the tokens at the end", "true")
        .kind(FieldKind::Switch)
        .hint("So that none is left that nobody uses.");
    if flow == Flow::Code {
        let prompts = [
            ("", "Not sent: whoever is signed in"),
            ("login", "login: ask for the password again"),
            ("consent", "consent: ask for consent again"),
            ("select_account", "select_account: ask which account"),
            ("none", "none: show no page"),
        ];
        fields.push(Field::line("prompt", "Prompt", "").kind(choice(&prompts)));
        let hint = "In seconds: a sign-in that is older does not count. Usually empty.";
        fields.push(Field::line("max_age", "Max age", "").kind(FieldKind::Number).hint(hint));
        let hint = "Classes of authentication that are wished for, parted by spaces. Usually empty.";
        fields.push(Field::line("acr_values", "ACR values", "").hint(hint));
        fields.push(resource);
        let refresh = Field::line("refresh", "Refresh once, if a refresh token comes", "true").kind(FieldKind::Switch);
        fields.push(refresh);
    } else {
        fields.push(resource);
    }
    fields.push(revoke);
    Form {
        fields,
        hidden: vec![("flow".to_owned(), value.to_owned())],
        ..desk.post(name, &format!("{}/try", at(id)), "Start the run")
    }
}

/// `POST /admin/clients/{id}/try`.
pub async fn begin(desk: Desk) -> Reply {
    let id = desk.segment(1);
    if desk.field("flow") == "client_credentials" {
        let wishes = wishes(&desk, Flow::ClientCredentials);
        let begun =
            tried!(desk, "try-itself", ask_page, try_it::begin(desk.cx(), &desk.visit, &ENDPOINTS, &id, wishes).await);
        return go_on(&desk, &id, begun);
    }
    let wishes = wishes(&desk, Flow::Code);
    let begun = tried!(desk, "try", ask_page, try_it::begin(desk.cx(), &desk.visit, &ENDPOINTS, &id, wishes).await);
    go_on(&desk, &id, begun)
}

fn go_on(desk: &Desk, id: &str, begun: Begun) -> Reply {
    match begun {
        Begun::Authorize(query) => Reply::redirect(desk.href(&format!("{}?{query}", ENDPOINTS.authorize))),
        Begun::Over(run) => Reply::redirect(desk.href(&format!("{}/try/{}", at(id), encoded(&run)))),
    }
}

fn wishes(desk: &Desk, flow: Flow) -> Wishes {
    Wishes {
        flow,
        scopes: desk.form.all("scopes").into_iter().map(str::to_owned).collect(),
        prompt: desk.some("prompt"),
        max_age: desk.some("max_age"),
        acr_values: desk.some("acr_values"),
        resources: desk.lines("resources"),
        refresh: desk.form.has("refresh"),
        revoke: desk.form.has("revoke"),
    }
}

/// `GET /admin/try/callback`: the authorization response. The report has an address of its own, so that no code stays in the
/// address bar and the page can be read again.
pub async fn callback(desk: Desk) -> Reply {
    let done = answer!(desk, try_it::finish(desk.cx(), &desk.visit, &ENDPOINTS, &desk.query).await);
    Reply::redirect(desk.href(&format!("{}/try/{}", at(&done.client_id), encoded(&done.run))))
}

/// `GET /admin/clients/{id}/try/{run}`.
pub async fn show(desk: Desk) -> Reply {
    let (id, view) = match found(&desk).await {
        Ok(found) => found,
        Err(reply) => return reply,
    };
    let report = answer!(desk, try_it::read(desk.cx(), &desk.visit, &id, &desk.segment(3)).await);
    let mut page = frame(&desk, &id, &view);
    page.actions = vec![desk.main_link("Try again", &format!("{}/try", at(&id)))];
    page.tabs.iter_mut().filter(|tab| tab.label == TAB).for_each(|tab| tab.here = true);
    let trace = format!("/admin/diagnosis?reference={}", encoded(&report.correlation_id));
    if desk.may(P::TracesRead) {
        page.actions.push(desk.link("To the trace", &trace));
    }
    page.blocks.push(Block::Notice(verdict(&report)));
    page.blocks.push(Block::Facts(facts(&desk, &report)));
    for (at, step) in report.steps.iter().enumerate() {
        page.blocks.extend(shown(at + 1, step, desk.cx().now));
    }
    desk.show(page)
}

fn verdict(report: &Report) -> Notice {
    match report.trouble() {
        None => {
            let words = match report.revoked {
                true => "The run went through, and what was issued is revoked.",
                false => "The run went through. What was issued was not revoked and ends by itself.",
            };
            Notice { tone: Tone::Good, words: vec![Part::plain(words)] }
        }
        Some(trouble) => {
            let mut words =
                vec![Part::plain("The run was refused with "), Part::Code(trouble.code.clone()), Part::plain(". ")];
            words.extend(explained(trouble));
            Notice { tone: Tone::Caution, words }
        }
    }
}

/// The mistake and the mend; without a diagnosis, what the app was told.
fn explained(trouble: &Trouble) -> Vec<Part> {
    match (&trouble.mistake, &trouble.mend) {
        (Some(mistake), Some(mend)) => {
            vec![Part::Strong(mistake.clone()), Part::plain(" "), Part::text(mend.as_str())]
        }
        _ => vec![Part::text(trouble.words.as_str())],
    }
}

fn facts(desk: &Desk, report: &Report) -> Vec<(String, Vec<Part>)> {
    let flow = match report.flow {
        Flow::Code => "Authorization code with PKCE",
        Flow::ClientCredentials => "Client credentials",
    };
    let mut facts = vec![
        ("Flow".to_owned(), vec![Part::plain(flow)]),
        ("Ended".to_owned(), vec![ago(report.at, desk.cx().now)]),
        ("Reference".to_owned(), vec![Part::Code(report.correlation_id.clone())]),
    ];
    if report.stood_in {
        let words = "Not tried: the console does not know the client's secret. It acted in the client's name by your authority.";
        facts.push(("Client authentication".to_owned(), vec![Part::plain(words)]));
    }
    facts
}

fn shown(number: usize, step: &report::Step, now: Timestamp) -> Vec<Block> {
    let mut blocks = vec![Block::Heading(format!("{number}. {}", step.name), vec![Part::text(step.words.as_str())])];
    let texts = [("Request", &step.request), ("Answer", &step.answer)];
    blocks.extend(texts.into_iter().filter_map(|(label, text)| Some(Block::Code(label.to_owned(), text.clone()?))));
    if let Some(trouble) = &step.trouble {
        blocks.push(Block::Notice(Notice { tone: Tone::Bad, words: explained(trouble) }));
    }
    if !step.said.is_empty() {
        blocks.push(Block::Table(contents(&format!("{}, explained", step.name), &step.said, now)));
    }
    for token in &step.tokens {
        blocks.extend(decoded(token, now));
    }
    blocks
}

fn decoded(token: &Token, now: Timestamp) -> Vec<Block> {
    let mut facts = vec![(token.name.clone(), vec![Part::Code(token.shortened.clone())])];
    if let Some(seconds) = token.lives {
        facts.push(("Lives".to_owned(), vec![Part::Plain(span(Lifetime::from_seconds(seconds)))]));
    }
    let Some(inside) = &token.inside else {
        let words = "It is a mere reference: what it stands for is known here only.";
        facts.push(("Content".to_owned(), vec![Part::plain(words)]));
        return vec![Block::Facts(facts)];
    };
    let (tone, mark) = if inside.is_good { (Tone::Good, "good") } else { (Tone::Bad, "not good") };
    let checked = vec![Part::Badge(tone, mark.to_owned()), Part::plain(" "), Part::text(inside.checked.as_str())];
    facts.push(("Checked".to_owned(), checked));
    vec![Block::Facts(facts), Block::Table(contents(&format!("{}, decoded", token.name), whole(inside), now))]
}

/// Header and claims.
fn whole(inside: &Inside) -> impl IntoIterator<Item = (&String, &Value)> {
    inside.header.iter().chain(&inside.claims)
}

/// Names, each with its value and what it means.
fn contents<'a>(caption: &str, members: impl IntoIterator<Item = (&'a String, &'a Value)>, now: Timestamp) -> Table {
    let row = |(name, value): (&String, &Value)| {
        let mut shown = vec![Part::Text(value.as_str().map_or_else(|| value.to_string(), str::to_owned))];
        if let Some(seconds) = value.as_i64().filter(|_| is_moment(name)) {
            let at = Timestamp::from_seconds(seconds);
            shown.extend([Part::plain(" · "), Part::Time(at), Part::plain(" UTC, "), ago(at, now)]);
        }
        vec![vec![Part::Code(name.clone())], shown, vec![Part::plain(meaning(name))]]
    };
    Table {
        caption: caption.to_owned(),
        head: ["Name", "Value", "What it means"].map(str::to_owned).to_vec(),
        rows: members.into_iter().map(row).collect(),
        ..Table::default()
    }
}
