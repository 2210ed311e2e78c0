//! What a Python script reads and writes, told from its text: cheaply, and without running it.
//!
//! It looks at the texts in quotes and at the calls around them. What is put together while the script
//! runs stays unknown, so all of this is a proposal to a person.

/// What was found in a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Traces {
    /// Texts that look like paths, in the order of the script.
    pub paths: Vec<Mention>,
    /// Imported modules, dotted; leading dots for relative ones.
    pub imports: Vec<String>,
    /// Names of metrics that it writes.
    pub metrics: Vec<String>,
    /// Whether it fits a model.
    pub fits: bool,
    /// Whether it may run code that its imports do not tell.
    pub is_dynamic: bool,
}

/// A path in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    pub path: String,
    pub usage: Usage,
    /// Whether something stands in front that is only known when the script runs.
    pub partial: bool,
    /// Whether it stands in the script itself, not in a module that it imports.
    pub own: bool,
    /// The option of the command line that it is the default of.
    pub option: Option<String>,
}

/// What a script does with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    Read,
    Write,
    Unknown,
}

const READS: [&str; 9] =
    ["load", "read_", ".read", "imread", "from_pretrained", "from_file", "reader", "loadtxt", "parse("];
const WRITES: [&str; 8] = ["dump", "save", ".to_", "write", "export", "savefig", "savetxt", "writer"];
const FITS: [&str; 8] =
    [".fit(", ".backward(", "fit_transform(", ".train(", "xgb.train", "lgb.train", "Trainer(", "cross_val"];

/// Ways to run code of the project that no import names.
const DYNAMIC: [&str; 8] = [
    "import_module(",
    "__import__(",
    "spec_from_file_location(",
    "runpy.",
    "exec(",
    "subprocess.",
    "os.system(",
    "sys.path",
];

/// Beginnings of options whose value is written.
const WRITING: [&str; 4] = ["--out", "--save", "--model-out", "--metrics"];
/// Beginnings of options whose value is read.
const READING: [&str; 5] = ["--data", "--in", "--config", "--train", "--test"];

/// A statement: its code with every text in quotes replaced by `"`, and those texts.
#[derive(Debug, Default)]
struct Statement {
    code: String,
    texts: Vec<Quoted>,
}

#[derive(Debug)]
struct Quoted {
    text: String,
    /// Where in the code its `"` stands.
    at: usize,
    /// Whether it is an f-string, or has escapes: not the text that the script works with.
    computed: bool,
}

/// Scans a script.
pub(super) fn scan(script: &str) -> Traces {
    let mut traces = Traces::default();
    for statement in statements(script) {
        let code = statement.code.trim();
        traces.fits |= FITS.iter().any(|call| code.contains(call));
        traces.is_dynamic |= DYNAMIC.iter().any(|call| code.contains(call));
        for part in code.split(';') {
            traces.imports.extend(imports(part.trim()));
        }
        traces.paths.extend(paths(&statement));
        traces.metrics.extend(metrics(&statement));
    }
    traces
}

fn statements(script: &str) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut current = Statement::default();
    let mut depth = 0_usize;
    let mut rest = script;
    while let Some(c) = rest.chars().next() {
        match c {
            '#' => {
                rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
                continue;
            }
            '"' | '\'' => {
                let (quoted, after) = quoted(rest, &current.code);
                rest = after;
                current.texts.push(Quoted { at: current.code.len(), ..quoted });
                current.code.push('"');
                continue;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '\n' if depth == 0 => statements.push(std::mem::take(&mut current)),
            _ => {}
        }
        current.code.push(if c.is_whitespace() { ' ' } else { c });
        rest = &rest[c.len_utf8()..];
    }
    statements.push(current);
    statements
}

/// The text in quotes at the beginning of `rest`, and what follows it.
fn quoted<'a>(rest: &'a str, before: &str) -> (Quoted, &'a str) {
    let mark = if rest.starts_with("\"\"\"") || rest.starts_with("'''") { &rest[..3] } else { &rest[..1] };
    let inner = &rest[mark.len()..];
    let mut end = 0;
    while end < inner.len() && !inner[end..].starts_with(mark) {
        // A quote that is not closed on its line is a mistake, and must not swallow the script.
        if mark.len() == 1 && inner[end..].starts_with('\n') {
            break;
        }
        let mut step = inner[end..].chars();
        let escaped = step.next() == Some('\\');
        if escaped {
            step.next();
        }
        end = inner.len() - step.as_str().len();
    }
    let text = &inner[..end];
    let after = inner[end..].strip_prefix(mark).unwrap_or(&inner[end..]);
    let prefix: String = before.chars().rev().take_while(char::is_ascii_alphabetic).collect();
    let computed = text.contains('\\') || (prefix.len() <= 2 && prefix.to_lowercase().contains('f'));
    (Quoted { text: text.to_owned(), at: 0, computed }, after)
}

/// The modules of `import a, b.c as d` and `from .x import y`.
fn imports(code: &str) -> Vec<String> {
    if let Some(modules) = code.strip_prefix("import ") {
        let name = |part: &str| part.split_whitespace().next().map(str::to_owned);
        return modules.split(',').filter_map(name).collect();
    }
    let from = code.strip_prefix("from ").and_then(|from| from.split_once(" import"));
    let Some((module, names)) = from else { return Vec::new() };
    let module = module.trim();
    // `from . import x` and `from package import module` may name modules after the word import.
    let joint = if module.ends_with('.') { "" } else { "." };
    let names = names.split([',', '(', ')']).filter_map(|part| part.split_whitespace().next());
    let mut imports: Vec<String> = names.map(|name| format!("{module}{joint}{name}")).collect();
    imports.insert(0, module.to_owned());
    imports
}

fn paths(statement: &Statement) -> Vec<Mention> {
    let mut chains: Vec<Chain> = Vec::new();
    let mut end_of_last = 0;
    for quoted in &statement.texts {
        let before = statement.code[end_of_last..quoted.at].trim();
        end_of_last = quoted.at + 1;
        match chains.last_mut().filter(|chain| chain.goes_on(before)) {
            Some(chain) => {
                chain.path = format!("{}/{}", chain.path, quoted.text);
                chain.computed |= quoted.computed;
            }
            None => chains.push(Chain::begin(before, quoted)),
        }
    }
    let usage = usage(statement);
    let takes_options = ["add_argument(", "option("].iter().any(|call| statement.code.contains(call));
    let option = statement.texts.iter().map(|quoted| &quoted.text).find(|text| text.starts_with("--"));
    let option = option.filter(|_| takes_options);
    chains
        .into_iter()
        .filter(|chain| !chain.computed && looks_like_path(&chain.path))
        .map(|chain| Mention {
            path: chain.path,
            usage,
            partial: chain.partial,
            own: true,
            option: option.cloned(),
        })
        .collect()
}

/// Texts in quotes that make one path.
struct Chain {
    path: String,
    computed: bool,
    partial: bool,
    /// Whether it began in `join(`, where a comma joins.
    in_join: bool,
}

impl Chain {
    fn begin(before: &str, quoted: &Quoted) -> Self {
        let joined_to_unknown = before.rfind("join(").is_some_and(|at| {
            let since = &before[at..];
            since.contains(',') && !since.contains(')')
        });
        Self {
            path: quoted.text.clone(),
            computed: quoted.computed,
            partial: joined_to_unknown || before.ends_with(['/', '+']),
            in_join: before.ends_with("join("),
        }
    }

    /// Whether `between` joins the next text to it.
    fn goes_on(&self, between: &str) -> bool {
        let closed = between.strip_prefix(')').unwrap_or(between).trim();
        closed == "/" || (self.in_join && between == ",")
    }
}

/// Whether a text could be the path of a file or of a folder.
fn looks_like_path(text: &str) -> bool {
    let stays = !text.starts_with(['/', '\\', '~', '-', '.']) || text.starts_with("./");
    let plain = |c: char| !c.is_control() && !"{}<>|*?:;\"'%$".contains(c);
    let named = text.contains('/')
        || text.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && is_extension(end));
    stays
        && named
        && (2..200).contains(&text.len())
        && text.chars().all(plain)
        && !text.split('/').any(|part| part == "..")
}

fn is_extension(end: &str) -> bool {
    (1..=11).contains(&end.len()) && end.chars().all(|c| c.is_ascii_alphanumeric())
}

fn usage(statement: &Statement) -> Usage {
    let code = &statement.code;
    let mode = |modes: &[&str]| statement.texts.iter().any(|quoted| modes.contains(&quoted.text.as_str()));
    let flag =
        |words: &[&str]| statement.texts.iter().any(|q| words.iter().any(|word| q.text.starts_with(word)));
    let writes = WRITES.iter().any(|word| code.contains(word))
        || mode(&["w", "wb", "wt", "w+", "x", "a", "ab"])
        || flag(&WRITING);
    let reads = READS.iter().any(|word| code.contains(word))
        || mode(&["r", "rb", "rt"])
        || flag(&READING)
        || (code.contains("open(") && !writes);
    match (reads, writes) {
        (true, false) => Usage::Read,
        (false, true) => Usage::Write,
        _ => Usage::Unknown,
    }
}

/// The paths among the arguments that a script is started with.
pub(super) fn arguments(words: &[String]) -> Vec<Mention> {
    let mut option: Option<&str> = None;
    let mut mentions = Vec::new();
    for word in words {
        let (name, value) = match word.split_once('=') {
            _ if !word.starts_with('-') => (option.take(), word.as_str()),
            Some((name, value)) => (Some(name), value),
            None => {
                option = Some(word);
                continue;
            }
        };
        let is = |list: &[&str]| name.is_some_and(|name| list.iter().any(|begin| name.starts_with(begin)));
        let usage = match (is(&WRITING) || name == Some("-o"), is(&READING)) {
            (true, _) => Usage::Write,
            (false, true) => Usage::Read,
            (false, false) => Usage::Unknown,
        };
        if looks_like_path(value) {
            let (path, option) = (value.to_owned(), name.map(str::to_owned));
            mentions.push(Mention { path, usage, partial: false, own: true, option });
        }
    }
    mentions
}

/// Names of metrics: keys of a map, `metrics["f1"] = …` and `log_metric("f1", …)`.
fn metrics(statement: &Statement) -> Vec<String> {
    let is_metric = |quoted: &&Quoted| {
        let before = statement.code[..quoted.at].trim_end();
        let after = statement.code[quoted.at + 1..].trim_start();
        let logged = ["log_metric(", "log("].iter().any(|call| before.ends_with(call));
        let assigned = after.strip_prefix(']').is_some_and(|rest| {
            let rest = rest.trim_start();
            rest.starts_with('=') && !rest.starts_with("==")
        });
        let known = quoted.text.len() <= 40 && super::rules::is_known(&quoted.text);
        known && !quoted.text.contains(['.', '/', ' ']) && (logged || assigned || after.starts_with(':'))
    };
    statement.texts.iter().filter(is_metric).map(|quoted| quoted.text.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(script: &str) -> Vec<(String, Usage)> {
        let whole = |mention: Mention| (!mention.partial).then_some((mention.path, mention.usage));
        scan(script).paths.into_iter().filter_map(whole).collect()
    }

    #[test]
    fn a_path_is_read_or_written_by_the_call_around_it() {
        let script = "
            rows = pd.read_csv('data/train.csv')  # not 'data/old.csv'
            joblib.dump(
                model,
                \"models/model.joblib\",
            )
            with open('metrics.json', 'w') as f: json.dump(m, f)
            params = yaml.safe_load(open('params.yaml'))
            Path('reports/metrics.json').write_text(json.dumps(m))
            MODEL = 'model.pkl'
            torch.save(net.state_dict(), 'net.pt')
        ";
        use Usage::{Read, Unknown, Write};
        let wanted = [
            ("data/train.csv", Read),
            ("models/model.joblib", Write),
            ("metrics.json", Write),
            ("params.yaml", Read),
            ("reports/metrics.json", Write),
            ("model.pkl", Unknown),
            ("net.pt", Write),
        ];
        assert_eq!(found(script), wanted.map(|(path, usage)| (path.to_owned(), usage)));
    }

    #[test]
    fn parts_of_a_path_are_joined_and_unknown_beginnings_are_said() {
        assert_eq!(
            found("m = load(Path('models/v1') / 'model.pkl')"),
            [("models/v1/model.pkl".into(), Usage::Read)]
        );
        assert_eq!(found("p = os.path.join('models', 'a.pkl')"), [("models/a.pkl".into(), Usage::Unknown)]);
        let partial = |script| scan(script).paths.iter().all(|mention| mention.partial);
        assert!(partial("joblib.dump(m, out / 'model.pkl')"));
        assert!(partial("joblib.dump(m, os.path.join(args.out, 'model.pkl'))"));
        assert!(partial("pd.read_csv(base + 'a/x.csv')"));
    }

    #[test]
    fn what_is_no_path_is_none() {
        for script in [
            "x = f'runs/{name}.csv'",
            "x = 'https://a.b/c.csv'",
            "x = '/etc/passwd'",
            "x = '../up.csv'",
            "x = 'a sentence. And more'",
            "x = 'C:/a.csv'",
            "x = 'unclosed.csv\ny = 1",
            "x = '''\n'''",
            "'",
            "'\\",
        ] {
            let paths = found(script);
            assert!(paths.is_empty() || script.contains("unclosed"), "{script}: {paths:?}");
        }
    }

    #[test]
    fn arguments_are_read_or_written_by_their_option() {
        let words =
            ["--data", "data/a.csv", "-v", "--out=reports/m.csv", "models/a.pkl", "--lr", "0.1", "--x"];
        let found = arguments(&words.map(str::to_owned));
        let found: Vec<_> = found.into_iter().map(|mention| (mention.path, mention.usage)).collect();
        let wanted =
            [("data/a.csv", Usage::Read), ("reports/m.csv", Usage::Write), ("models/a.pkl", Usage::Unknown)];
        assert_eq!(found[..3], wanted.map(|(path, usage)| (path.to_owned(), usage)));
        let scanned = scan("parser.add_argument('--out', default='out/metrics.csv')");
        assert_eq!(scanned.paths[0].option.as_deref(), Some("--out"));
    }

    #[test]
    fn metrics_are_the_keys_that_it_writes() {
        let script = "
            m = {'accuracy': a, 'note': b, **more}
            m['f1'] = c
            if m['recall'] == 1: pass
            mlflow.log_metric('roc_auc', d)
            plt.title('precision')
        ";
        assert_eq!(scan(script).metrics, ["accuracy", "f1", "roc_auc"]);
    }

    #[test]
    fn imports_are_told_in_full() {
        let script = "import os, features as f\nfrom .data import load\nfrom . import model\nfrom churn import (\n  a, b)";
        let wanted = ["os", "features", ".data", ".data.load", ".", ".model", "churn", "churn.a", "churn.b"];
        assert_eq!(scan(script).imports, wanted);
    }
}
