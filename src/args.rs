//! What can be typed. What it means is in the commands.

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

/// Lead scoring that learns from past deals, beside the classic point score.
#[derive(Debug, Parser)]
#[command(name = "leadscore", version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Do the main job on the data that comes along, and show how to go on
    Demo(DemoArgs),
    /// Look at files of leads and events, and write a leadscore.toml to start from
    Init(InitArgs),
    /// Learn from past deals how likely a lead is to convert, and write a bundle
    Train(Box<TrainArgs>),
    /// Print the model card of a bundle, in Markdown; or write it as a page, with all curves
    Card(CardArgs),
    /// Read a model: what each value of each signal adds
    Curves(CurvesArgs),
    /// Score leads: probability, rank, band and points, one row per lead
    Predict(PredictArgs),
    /// Compare the model's ranking with the points, on rows that the model never saw
    Compare(CompareArgs),
    /// Take the scores of one lead apart
    Explain(ExplainArgs),
    /// Work with rule sets: score, check, replay them over the past, learn them from data
    #[command(subcommand)]
    Points(PointsCommand),
    /// Make up leads, events and outcomes from a stated model, with the best possible scores
    Simulate(SimulateArgs),
    /// Show every signal: where it comes from, how it is spread, how it converts, what leaks; or write the values
    Signals(SignalsArgs),
    /// Serve scores over HTTP
    Serve(ServeArgs),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DemoArgs {
    /// The folder with the data sets and rule sets
    #[arg(long, default_value = "data", value_name = "FOLDER")]
    pub(crate) data: PathBuf,
    /// The folder to leave the bundle in
    #[arg(long, default_value = "models", value_name = "FOLDER")]
    pub(crate) models: PathBuf,
    /// Print JSON for machines: the training and the comparison
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SolverArg {
    /// Newton's method, exact
    #[default]
    Newton,
    /// linfa-logistic, an independent check of plain models; slow, implies --plain
    Linfa,
}

/// Folds of the training rows that a recipe is evaluated on.
pub(crate) const DEFAULT_FOLDS: usize = 5;

#[derive(Debug, ClapArgs)]
pub(crate) struct TrainArgs {
    /// Past deals: a CSV file (, ; tab or | found by looking) or a Parquet file; or a leadscore.toml
    pub(crate) leads: PathBuf,
    /// The column that says whether a lead converted; needed but for a leadscore.toml
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: Option<String>,
    /// The value of the target that means converted
    #[arg(long, value_name = "VALUE")]
    pub(crate) positive: Option<String>,
    /// The value that means not converted; with both, rows of other values are left out
    #[arg(long, value_name = "VALUE")]
    pub(crate) negative: Option<String>,
    /// The column of the lead's id; without it, a lead's id is its data row
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id: Option<String>,
    /// The column of the account; no account stands on both sides of a split
    #[arg(long, value_name = "COLUMN")]
    pub(crate) account: Option<String>,
    /// The column of the row's time: the newest fifth is held out. @row: rows stand in time order
    #[arg(long, value_name = "COLUMN|@row")]
    pub(crate) time: Option<String>,
    /// The column that says how often each row counts: 2 as if the row stood there twice, 0 not at all
    #[arg(long, value_name = "COLUMN")]
    pub(crate) weight: Option<String>,
    /// Columns whose numbers are codes
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) category: Vec<String>,
    /// Columns that the model must not use, beside those that are set aside on evidence that they are
    /// known only after the outcome
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) drop: Vec<String>,
    /// Columns to use although they look like identifiers, or known only after the outcome
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) keep: Vec<String>,
    /// A value that means missing in one column, such as pdays=999; may be repeated
    #[arg(long, value_name = "COLUMN=VALUE")]
    pub(crate) missing: Vec<String>,
    /// A plain regression: one slope a number, one weight a value of a category, no pairs
    #[arg(long)]
    pub(crate) plain: bool,
    /// The L2 penalty of a plain model (of the summed loss, scikit-learn's 1/C) instead of
    /// cross-validating it; implies --plain
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub(crate) l2: Option<f64>,
    /// How the model is fitted
    #[arg(long, value_enum, default_value_t)]
    pub(crate) solver: SolverArg,
    /// The seed of the random split and of the folds
    #[arg(long, allow_negative_numbers = true, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Folds of the training rows that show how far the figures vary; 0 for none. With a time they are
    /// blocks of it, each tested by what came before
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, default_value_t = DEFAULT_FOLDS)]
    pub(crate) folds: usize,
    /// How often the folds are dealt at random
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, default_value_t = 1)]
    pub(crate) repeats: usize,
    /// The rate at which the population converts, where the rows were sampled by outcome; or newest: the
    /// rate of the newest rows, where the rate has changed
    #[arg(long, value_name = "RATE|newest", allow_negative_numbers = true)]
    pub(crate) base_rate: Option<String>,
    /// A rule set in TOML to judge beside the model, on the same held-out rows; may be repeated
    #[arg(long, value_name = "RULES")]
    pub(crate) points: Vec<PathBuf>,
    /// Numbers along which the probability must not fall
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) increasing: Vec<String>,
    /// Numbers along which the probability must not rise
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) decreasing: Vec<String>,
    /// A rule set in TOML for the model to lean on where conversions are few; none of its rules is kept
    #[arg(long, value_name = "RULES")]
    pub(crate) towards: Option<PathBuf>,
    /// The model's name [default: the file's name]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The model's version, for whoever reads its answers
    #[arg(long, default_value = "1")]
    pub(crate) model_version: String,
    /// Where to write the bundle [default: the model's name with .bundle]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) page: PageArgs,
    /// Print JSON for machines
    #[arg(long)]
    pub(crate) json: bool,
    /// Threads [default: one for each core]; the bundle is the same for any number
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CardArgs {
    /// The bundle that `leadscore train` wrote
    pub(crate) bundle: PathBuf,
    #[command(flatten)]
    pub(crate) page: PageArgs,
    /// Print JSON for machines: what the card is made of
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CurvesArgs {
    /// The bundle that `leadscore train` wrote
    pub(crate) bundle: PathBuf,
    /// Only these signals [default: the strongest; all in JSON and on the page]
    #[arg(value_name = "SIGNAL")]
    pub(crate) signals: Vec<String>,
    #[command(flatten)]
    pub(crate) page: PageArgs,
    /// Print JSON for machines: every step, as fine as the model has it
    #[arg(long)]
    pub(crate) json: bool,
}

/// The model and the rule sets that score.
#[derive(Debug, ClapArgs)]
pub(crate) struct ScorerArgs {
    /// The bundle that `leadscore train` wrote
    #[arg(long, value_name = "BUNDLE")]
    pub(crate) model: Option<PathBuf>,
    /// A rule set in TOML; may be repeated
    #[arg(long, value_name = "RULES")]
    pub(crate) points: Vec<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PredictArgs {
    /// Leads to score: a CSV or Parquet file, or a leadscore.toml
    pub(crate) leads: PathBuf,
    /// Their events: a CSV or Parquet file with the columns that the model was trained with; where no
    /// model says which, its columns are found by their names. A leadscore.toml names its own
    #[arg(long, value_name = "EVENTS")]
    pub(crate) events: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) scorer: ScorerArgs,
    /// The moment to score as of, where the rows have no time of their own [default: a
    /// project's observed_until, else now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) as_of: Option<String>,
    /// The column of the lead's id [default: as in the bundle or leadscore.toml, else found by looking
    /// where there are events, else the data row]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id: Option<String>,
    /// Add the so many strongest reasons of each probability
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, default_value_t = 0)]
    pub(crate) reasons: usize,
    /// Add the interval of 95 % of each probability: what the fitted rows leave open of it
    #[arg(long)]
    pub(crate) intervals: bool,
    /// Where to write the scores: .csv or .parquet
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Print JSON for machines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CompareArgs {
    /// Leads with their outcomes: the file or leadscore.toml that was trained on (its held-out rows
    /// are compared), or rows that the model never saw
    #[arg(default_value = "leadscore.toml")]
    pub(crate) leads: PathBuf,
    /// A bundle that `leadscore train` wrote; may be repeated: champion and challenger
    #[arg(long, value_name = "BUNDLE", required = true)]
    pub(crate) model: Vec<PathBuf>,
    /// A rule set in TOML; may be repeated
    #[arg(long, value_name = "RULES")]
    pub(crate) points: Vec<PathBuf>,
    /// The column that says whether a lead converted [default: as in the bundle]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: Option<String>,
    /// A column whose values are looked at apart; may be repeated [default: up to six of few values]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) segment: Vec<String>,
    /// Leads that can be called, shown first [default: a tenth]
    #[arg(long, value_name = "N")]
    pub(crate) capacity: Option<usize>,
    #[command(flatten)]
    pub(crate) page: PageArgs,
    /// Write a row for each lead, as CSV or Parquet by its name: scores, ranks, bands, reasons, outcome
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The seed of the samples that intervals come from
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Print JSON for machines
    #[arg(long)]
    pub(crate) json: bool,
}

/// A page beside what is printed.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct PageArgs {
    /// Write a page for people: one file that needs nothing else
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// The language of the page
    #[arg(long, value_enum, default_value_t, requires = "html")]
    pub(crate) lang: Language,
}

/// A language that pages are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// English
    #[default]
    En,
    /// Spanish
    Es,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExplainArgs {
    /// Leads: a CSV or Parquet file, or a leadscore.toml
    pub(crate) leads: PathBuf,
    /// Their events: a CSV or Parquet file with the columns that the model was trained with; where no
    /// model says which, its columns are found by their names. A leadscore.toml names its own
    #[arg(long, value_name = "EVENTS")]
    pub(crate) events: Option<PathBuf>,
    /// The lead's id: a value of the id column, or a data row where there is none
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    pub(crate) id: String,
    /// The column of the lead's id [default: as in the bundle or leadscore.toml, else found by looking
    /// where there are events, else the data row]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id_column: Option<String>,
    /// The moment to score as of, where the row has no time of its own [default: a
    /// project's observed_until, else now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) as_of: Option<String>,
    /// Say too what changed in the points since this moment
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) since: Option<String>,
    /// Say what the probability would be with this attribute otherwise; may be repeated, each for itself
    #[arg(long, value_name = "COLUMN=VALUE")]
    pub(crate) what_if: Vec<String>,
    /// Say what it would be with one event more, as in 'page_view page=/pricing'; may be repeated
    #[arg(long, value_name = "KIND [PROPERTY=VALUE]...")]
    pub(crate) what_if_event: Vec<String>,
    #[command(flatten)]
    pub(crate) scorer: ScorerArgs,
    /// Print JSON for machines
    #[arg(long)]
    pub(crate) json: bool,
}

/// What the exit status of `points check` says.
const CHECK_STATUS: &str = "\
Exit status:
  0  the rule sets can be used; what was found is hints
  1  a rule set has a mistake, or leads cannot be read; with --strict anything was found
  2  the call was wrong";

#[derive(Debug, Subcommand)]
pub(crate) enum PointsCommand {
    /// Score leads by rule sets alone: points, bands, grades and stages, one row per lead
    Score(PointsScoreArgs),
    /// Check rule sets against data: rules that never or always fire, overlap or contradict, scores
    /// that creep up; and, where outcomes are known, which rules earn their points
    #[command(after_help = CHECK_STATUS)]
    Check(PointsCheckArgs),
    /// Propose points by close rate: how often leads with a value converted, against all
    Suggest(PointsSuggestArgs),
    /// Turn a trained model into a rule set of small whole points, and say what that costs
    Learn(PointsLearnArgs),
    /// Go through the past day by day: who would have been handed to sales, and what came of it
    Replay(PointsReplayArgs),
}

/// The outcome of the leads of a file; a project says its own.
#[derive(Debug, ClapArgs)]
pub(crate) struct OutcomeArgs {
    /// The column that says whether a lead converted, of a file of leads
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: Option<String>,
    /// The value of the target that means converted
    #[arg(long, value_name = "VALUE")]
    pub(crate) positive: Option<String>,
    /// The value of the target that means lost; with --positive, leads of other values are left out
    #[arg(long, value_name = "VALUE")]
    pub(crate) negative: Option<String>,
}

impl OutcomeArgs {
    /// Refuses what a project says itself.
    pub(crate) fn refuse_for(&self, project: &Path) -> anyhow::Result<()> {
        let Self { target, positive, negative } = self;
        let given = [("--target", target), ("--positive", positive), ("--negative", negative)];
        match given.iter().find(|(_, value)| value.is_some()) {
            None => Ok(()),
            Some((option, _)) => Err(crate::inputs::wrong_call(format!(
                "{} says itself what {option} would: leave it out",
                project.display()
            ))),
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PointsSuggestArgs {
    /// Past deals: a CSV or Parquet file, or a leadscore.toml
    pub(crate) leads: PathBuf,
    #[command(flatten)]
    pub(crate) outcome: OutcomeArgs,
    /// Values that fewer leads have get no points
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) least: u32,
    /// Points for twice the close rate of all leads
    #[arg(long, value_name = "POINTS", allow_negative_numbers = true, default_value_t = 10.0)]
    pub(crate) per_doubling: f64,
    /// Write the points as a rule set: .toml
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON for machines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PointsLearnArgs {
    /// What the model was trained on: the file of past deals or the leadscore.toml
    #[arg(default_value = "leadscore.toml")]
    pub(crate) leads: PathBuf,
    /// The bundle that `leadscore train` wrote
    #[arg(long, value_name = "BUNDLE")]
    pub(crate) model: PathBuf,
    /// Rules at most
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) rules: u16,
    /// Points for a doubling of the odds of converting
    #[arg(long, value_name = "POINTS", allow_negative_numbers = true, default_value_t = 5.0)]
    pub(crate) per_doubling: f64,
    /// Signals whose points must not fall as they rise
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) up: Vec<String>,
    /// Signals whose points must not rise as they rise
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) down: Vec<String>,
    /// The column that says whether a lead converted [default: as in the bundle]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: Option<String>,
    /// The rule set's name [default: the model's name with -points]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Where to write the rule set [default: its name with .toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON for machines
    #[arg(long)]
    pub(crate) json: bool,
}

/// Leads and rule sets.
#[derive(Debug, ClapArgs)]
pub(crate) struct RuledLeadsArgs {
    /// Leads: a CSV or Parquet file, or a leadscore.toml
    pub(crate) leads: PathBuf,
    /// Their events: a CSV or Parquet file; its columns are found by their names
    #[arg(long, value_name = "EVENTS")]
    pub(crate) events: Option<PathBuf>,
    /// A rule set in TOML; may be repeated
    #[arg(long, value_name = "RULES", required = true)]
    pub(crate) points: Vec<PathBuf>,
    /// The column of the lead's id [default: found by looking where there are events, else the row]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PointsScoreArgs {
    #[command(flatten)]
    pub(crate) leads: RuledLeadsArgs,
    /// The moment to score as of [default: a project's observed_until, else now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) as_of: Option<String>,
    /// Write the leads of these bands only; with one rule set
    #[arg(long, value_name = "BAND", value_delimiter = ',')]
    pub(crate) band: Vec<String>,
    /// Where to write the points: .csv or .parquet
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON for machines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PointsCheckArgs {
    #[command(flatten)]
    pub(crate) leads: RuledLeadsArgs,
    #[command(flatten)]
    pub(crate) outcome: OutcomeArgs,
    /// The moment to look at leads, where no snapshots are described [default: as for score]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) as_of: Option<String>,
    /// Fail with status 1 where anything is found
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) page: PageArgs,
    /// Print JSON for machines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PointsReplayArgs {
    /// A leadscore.toml, which says when leads came, what they did and when they converted
    #[arg(default_value = "leadscore.toml")]
    pub(crate) project: PathBuf,
    /// A rule set in TOML; two are shown side by side
    #[arg(long, value_name = "RULES", required = true)]
    pub(crate) points: Vec<PathBuf>,
    /// From this moment on [default: the first lead]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) from: Option<String>,
    /// Up to this moment [default: up to when the project was observed]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) to: Option<String>,
    /// How long after a hand-off a conversion counts for it [default: the project's horizon]
    #[arg(long, value_name = "LENGTH", allow_hyphen_values = true)]
    pub(crate) horizon: Option<String>,
    /// Print JSON for machines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventFormat {
    /// A column store, compressed
    #[default]
    Parquet,
    /// Text
    Csv,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SimulateArgs {
    /// How many leads
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(crate) leads: u64,
    /// The seed; the same seed gives the same files
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, default_value_t = 0)]
    pub(crate) seed: u64,
    /// The folder to write into; it is created where it is not there
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// The format of the events
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: EventFormat,
    /// Leave out truth.csv, which takes most of the time
    #[arg(long)]
    pub(crate) no_truth: bool,
    /// Print JSON for machines
    #[arg(long)]
    pub(crate) json: bool,
    /// Threads [default: one for each core]; the files are the same for any number
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct InitArgs {
    /// Leads: a CSV or Parquet file
    pub(crate) leads: PathBuf,
    /// Their events: a CSV or Parquet file
    #[arg(long, value_name = "EVENTS")]
    pub(crate) events: Option<PathBuf>,
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "leadscore.toml")]
    pub(crate) out: PathBuf,
    /// Print JSON for machines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SignalsArgs {
    /// A leadscore.toml, or a CSV or Parquet file of leads
    pub(crate) leads: PathBuf,
    #[command(flatten)]
    pub(crate) outcome: OutcomeArgs,
    /// These signals only
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Write every snapshot's values: .csv or .parquet
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON for machines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) scorer: ScorerArgs,
    /// The address to listen on; port 0 is any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,
    /// The largest request body, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 8 * 1024 * 1024)]
    pub(crate) max_body: usize,
    /// Leads in one request at most
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, default_value_t = 10_000)]
    pub(crate) max_leads: usize,
    /// Seconds that a request may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) timeout: u64,
    /// Seconds to go on accepting after a stop was asked for, while /readyz answers 503
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) drain: u64,
    /// Log lines as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
