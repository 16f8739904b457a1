//! The official conformance suite against the server that mcpgen generated for it, `generated/conformance`: the two
//! requirement sets that the suite scores, and everything that it has for revision 2025-06-18. Each scenario that does
//! not count is reported by its name.

use std::fmt::Write as _;
use std::path::PathBuf;

use mcpgen_tests_interop::{Report, Site, in_ci, missing_suite, run_suite, say, server};

/// What the suite is asked for, and how many scenarios of that count for its verdict (`conformance list`).
const RUNS: [(&str, &[&str], usize); 3] = [
    ("2025-06-18", &["--suite", "all", "--spec-version", "2025-06-18"], 27),
    ("2025-11-25", &["--requirements", "2025-11-25"], 30),
    ("2026-07-28", &["--requirements", "2026-07-28"], 37),
];

/// The scenario in which the suite itself skips everything.
const SKIPS: &str = "tasks-status-notifications";

#[test]
fn the_official_suite_passes_for_each_revision_that_it_knows() {
    if let Some(why) = missing_suite() {
        assert!(!in_ci(), "the conformance suite is missing, and CI must have it: {why}");
        say(&format!("\nSKIPPED: the official conformance suite: {why}\n"));
        return;
    }
    let binary = server("conformance");
    // Each has its own server: what one does to lists and subscriptions is none of the others' business.
    let reports: Vec<Report> = std::thread::scope(|scope| {
        let runs = RUNS.map(|(revision, selection, _)| {
            let binary = &binary;
            scope.spawn(move || {
                let site = Site::start(binary, &[], &[]);
                let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("conformance").join(revision);
                run_suite(&format!("{}/mcp", site.origin()), selection, &folder)
            })
        });
        runs.into_iter().map(|run| run.join().expect("the run ends")).collect()
    });
    let mut wrong = Vec::new();
    for ((revision, _, scored), report) in RUNS.iter().zip(&reports) {
        say(&in_words(revision, report));
        if !report.success {
            wrong.push(format!("{revision}: the suite exits with a failure:\n{}", report.output));
        }
        let counted: Vec<_> = report.scenarios.iter().filter(|(_, scenario)| scenario.unscored.is_none()).collect();
        if counted.len() != *scored {
            wrong.push(format!("{revision}: {} scored scenarios ran, not {scored}", counted.len()));
        }
        // Those that do not count for the suite count here.
        for (name, scenario) in report.scenarios.iter().filter(|(name, _)| name.as_str() != SKIPS) {
            if scenario.count("FAILURE") > 0 || scenario.count("SUCCESS") == 0 {
                wrong.push(format!("{revision}, {name}: {:?} {:?}", scenario.checks, scenario.remarks));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A run in a few lines: what counts as one number, what does not one by one.
fn in_words(revision: &str, report: &Report) -> String {
    let (counted, others): (Vec<_>, Vec<_>) =
        report.scenarios.iter().partition(|(_, scenario)| scenario.unscored.is_none());
    let sum = |status: &str| counted.iter().map(|(_, scenario)| scenario.count(status)).sum::<usize>();
    let passed = counted.iter().filter(|(_, one)| one.count("FAILURE") == 0 && one.count("SUCCESS") > 0).count();
    let mut text = format!(
        "\nConformance suite, {revision}: {passed} of {} scored scenarios passed; checks: {} passed, {} failed, {} \
         warnings, {} skipped\n",
        counted.len(),
        sum("SUCCESS"),
        sum("FAILURE"),
        sum("WARNING"),
        sum("SKIPPED"),
    );
    for (name, scenario) in &counted {
        for remark in &scenario.remarks {
            let _ = writeln!(text, "  {name}: {remark}");
        }
    }
    for (name, scenario) in &others {
        let verdict = match (scenario.count("FAILURE"), scenario.count("SUCCESS")) {
            (0, 0) => "nothing was checked",
            (0, _) => "passes",
            _ => "FAILS",
        };
        let reason = scenario.unscored.as_deref().unwrap_or_default();
        let _ = writeln!(text, "  not scored {reason} {name}: {verdict} {:?}", scenario.checks);
        for remark in &scenario.remarks {
            let _ = writeln!(text, "      {remark}");
        }
    }
    text
}
