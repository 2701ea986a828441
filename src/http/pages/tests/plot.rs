//! Plots, with ordinary and with hostile names, and a page of them for a browser. What is drawn where is tested beside the
//! code.

use super::*;
use crate::http::pages::plot::{Figures, Plot, Series, Shape, Unit};
use crate::time::Timestamp;

fn figures(name: &str, shape: Shape) -> Figures {
    let times = (0..144).map(|at| Timestamp::from_seconds(1_767_225_600 + at * 600)).collect();
    let values = |factor: i64| (0..144).map(|at| (at * factor) % 37).collect::<Vec<_>>();
    Figures {
        id: "plot-tokens",
        title: format!("Tokens {name}"),
        unit: Unit::Count,
        shape,
        times,
        series: vec![Series::of_counts(name, &values(1)), Series::of_counts(format!("{name} 2"), &values(3))],
    }
}

/// A page that holds a plot, as pages of the console do.
#[derive(Template)]
#[template(source = "<main>{{ plot }}</main>", ext = "html")]
struct Page {
    plot: Plot,
}

fn render(figures: Figures) -> String {
    Page { plot: Plot::draw(figures) }.render().unwrap()
}

#[test]
fn a_plot_names_itself_and_stands_again_as_a_table() {
    for shape in [Shape::Lines, Shape::Areas, Shape::StackedBars] {
        let html = render(figures("issued", shape));
        let page = Markup::read(&html);
        let picture = page.tags.iter().find(|tag| tag.value("role") == Some("img")).unwrap();
        let labelled: Vec<&str> = picture.value("aria-labelledby").unwrap().split(' ').collect();
        for (tag, id) in ["title", "desc"].into_iter().zip(labelled) {
            assert_eq!(page.attribute(tag, "id"), Some(id));
        }
        assert!(page.texts.iter().any(|text| text.contains("From 2026-01-01 00:00 to 2026-01-01 23:50 UTC")));
        let count = |name: &str| page.tags.iter().filter(|tag| tag.name == name).count();
        assert_eq!((count("tr"), count("td")), (145, 288), "each number of each series");
        assert!(html.contains("<th scope=\"row\">2026-01-01 00:20</th><td>2</td><td>6</td>"), "{html}");
        assert!(html.len() < 30_000, "{} bytes", html.len());
    }
}

#[test]
fn a_plot_carries_no_style_and_only_classes_that_the_sheet_knows() {
    let sheet = assets::all().iter().find(|asset| asset.name == "admin.css").unwrap();
    let sheet = std::str::from_utf8(sheet.body).unwrap();
    for shape in [Shape::Lines, Shape::Areas, Shape::StackedBars] {
        let html = render(figures("issued", shape));
        for tag in &Markup::read(&html).tags {
            for (name, value) in &tag.attributes {
                assert!(
                    name != "style" && !name.starts_with("on") && !matches!(name.as_str(), "fill" | "stroke"),
                    "{name}"
                );
                for class in value.split(' ').filter(|_| name == "class") {
                    assert!(sheet.contains(&format!(".{class}")), "{class}");
                }
            }
        }
    }
}

#[test]
fn b07_hostile_names_are_inert_and_isolated() {
    let plain = render(figures("Plain", Shape::Lines));
    for text in hostile_texts() {
        let html = render(figures(&text, Shape::Lines));
        let (before, after) = (Markup::read(&plain), Markup::read(&html));
        assert_eq!(before.shape(), after.shape(), "{text:?}");
        let shown = |page: &Markup, text: &str| page.texts.iter().filter(|found| found.contains(text)).count();
        assert_eq!(shown(&after, &text), shown(&before, "Plain"), "{text:?}");
    }
    // In the SVG's title a text stands alone; everywhere else it is isolated.
    let html = render(figures("Acme \u{202e}moc.live", Shape::StackedBars));
    for (at, _) in html.match_indices("Acme \u{202e}") {
        let before = &html[..at];
        let isolated =
            before.rfind("<bdi") > before.rfind("</bdi>") || before.rfind("<title") > before.rfind("</title>");
        assert!(isolated, "{}", &before[before.len().saturating_sub(60)..]);
    }
}

#[test]
fn without_numbers_a_plot_says_so() {
    let zeros = Series::of_counts("a", &[0; 144]);
    let none = Series { name: "a".to_owned(), values: vec![None; 144] };
    for series in [vec![], vec![zeros], vec![none]] {
        let html = render(Figures { series, ..figures("x", Shape::Areas) });
        assert!(html.contains("No data yet") && !html.contains("<svg") && !html.contains("<table"), "{html}");
    }
    let html = render(Figures { times: Vec::new(), ..figures("x", Shape::Lines) });
    assert!(html.contains("No data yet"));
}

#[test]
fn plots_for_a_browser() {
    let Ok(folder) = std::env::var("VOUCHSAFE_PAGE_GALLERY") else { return };
    let figure = |id, shape, series: Vec<Series>| {
        Plot::draw(Figures { id, series, ..figures("over time", shape) }).render().unwrap()
    };
    let wave = |low: f64, high: f64| {
        let value = |at: i32| low + (high - low) * (f64::from(at) / 12.0).sin().abs();
        (0..144).map(|at| Some(value(at)).filter(|_| at % 60 < 50)).collect::<Vec<_>>()
    };
    let series = |name: &str, values| Series { name: name.to_owned(), values };
    let html = [
        figure("bars", Shape::StackedBars, (1..4).map(|n| series("grant", wave(3.0, 40.0 * f64::from(n)))).collect()),
        figure("area", Shape::Areas, vec![series("sessions", wave(9_000.0, 12_000.0))]),
        figure("lines", Shape::Lines, (1..6).map(|n| series("p50", wave(0.5, 12.0 * f64::from(n)))).collect()),
        figure("none", Shape::Lines, Vec::new()),
    ];
    let sheets: String = ["style.css", "admin.css"]
        .map(|name| format!("<link rel=\"stylesheet\" href=\"{}\">", &assets::href("", name)[1..]))
        .concat();
    let viewport = "<meta name=\"viewport\" content=\"width=device-width\">";
    let page = format!(
        "<!DOCTYPE html>{viewport}{sheets}<body class=\"wide\"><main class=\"card\">{}</main>",
        html.join("<h2>Next</h2>")
    );
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(std::path::Path::new(&folder).join("plots.html"), page).unwrap();
}
