//! The commands that need no modelgate.yml.

use super::assert_said;
use crate::common::{Project, customers};

#[test]
fn a_profile_is_written_and_profiles_merge_to_that_of_the_whole() {
    let project = Project::empty();
    let whole = customers(1, 400);
    let (header, rows) = whole.split_once('\n').unwrap();
    let lines: Vec<&str> = rows.lines().collect();
    project.file("whole.csv", &whole);
    project.file("one.csv", format!("{header}\n{}\n", lines[..150].join("\n")));
    project.file("two.csv", format!("{header}\n{}\n", lines[150..].join("\n")));
    for name in ["whole", "one", "two"] {
        let out = format!("{name}.json");
        assert_said(&project.modelgate(&["data", "profile", &format!("{name}.csv"), "--out", &out]), 0, &[]);
    }
    assert_said(&project.modelgate(&["data", "merge", "one.json", "two.json", "--out", "both.json"]), 0, &[]);
    let read = |name: &str| serde_json::from_str::<serde_json::Value>(&project.read(name)).unwrap();
    let (whole, both) = (read("whole.json"), read("both.json"));
    assert_eq!(whole["rows"], 400);
    assert_eq!(whole["rows"], both["rows"]);
    // A schema comes out of the one as out of the other.
    let schema = |name: &str| project.modelgate(&["data", "infer", name]).out;
    assert_eq!(schema("whole.json"), schema("both.json"));
    assert_eq!(schema("whole.json"), schema("whole.csv"));
}

#[test]
fn what_is_inferred_holds_of_the_data() {
    let project = Project::data();
    let said = project.modelgate(&["data", "infer", "data/train.csv", "--out", "data.schema.yml"]);
    assert_said(&said, 0, &[]);
    project.replace(
        "modelgate.yml",
        "  label:",
        "  schema: data.schema.yml\n  schema-sets: [train]\n  label:",
    );
    assert_said(&project.modelgate(&["data"]), 0, &[]);
}

#[test]
fn drift_stands_alone_with_the_codes_of_the_step() {
    let project = Project::data();
    let said = project.modelgate(&["data", "drift", "data/train.csv", "data/live.csv", "--ignore", "id"]);
    assert_said(&said, 0, &["«data/live.csv» has not drifted from «data/train.csv»: 0 of 4 columns"]);
    let words =
        ["--format", "json", "data", "drift", "data/train.csv", "data/live.csv", "--label", "churned"];
    let said = project.modelgate(&words);
    let drift: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(drift["method"], "auto");
    let columns = drift["columns"].as_array().unwrap();
    assert_eq!(columns.len(), 5);
    // Nobody has an id of another: that is drift, and one of four columns.
    assert_eq!((&columns[0]["column"], &drift["share"]), (&"id".into(), &0.25.into()));
    let label = columns.iter().find(|column| column["column"] == "churned").unwrap();
    assert_eq!(label["role"], "label");
}

#[test]
fn too_little_memory_to_work_with_is_refused() {
    let project = Project::data();
    for memory in ["0", "1", "15.9MB"] {
        let words = ["data", "drift", "data/train.csv", "data/live.csv", "--memory", memory];
        assert_said(&project.modelgate(&words), 2, &["this is no memory to work with: write at least 16MB"]);
    }
}

#[test]
fn what_has_room_in_memory_needs_no_temporary_folder() {
    let project = Project::data();
    let nowhere = project.path().join("file");
    std::fs::write(&nowhere, "").unwrap();
    let nowhere = nowhere.join("tmp");
    let env = [("TMPDIR", nowhere.to_str().unwrap())];
    for words in [
        &["data", "profile", "data/train.csv"][..],
        &["data", "infer", "data/train.csv"],
        &["data", "drift", "data/train.csv", "data/train.csv"],
    ] {
        let said = project.modelgate_with(words, &env);
        assert_said(&said, 0, &[]);
    }
    // What has none says where it does not go.
    let rows: String = (0..1_200_000).map(|row| format!("{row}.5,{row}.25\n")).collect();
    project.file("big.csv", format!("a,b\n{rows}"));
    let said = project.modelgate_with(&["data", "drift", "big.csv", "big.csv", "--memory", "16MB"], &env);
    assert_said(&said, 1, &["keep values in a temporary file in ", "--memory"]);
}

#[test]
fn an_edited_schema_is_not_written_over() {
    let project = Project::data();
    let infer = |more: &[&str]| {
        let words = ["data", "infer", "data/train.csv", "--out", "data.schema.yml"];
        project.modelgate(&[&words, more].concat())
    };
    assert_said(&infer(&[]), 0, &[]);
    let guessed = project.read("data.schema.yml");
    // The same once more changes nothing.
    assert_said(&infer(&[]), 0, &[]);
    project.file("data.schema.yml", format!("{guessed}# reviewed\n"));
    let told =
        ["failed to write data.schema.yml: it is there already", "with `--force` it replaces the file"];
    assert_said(&infer(&[]), 1, &told);
    assert!(project.read("data.schema.yml").ends_with("# reviewed\n"));
    assert_said(&infer(&["--force"]), 0, &[]);
    assert_eq!(project.read("data.schema.yml"), guessed);
}

#[test]
fn what_is_written_gets_its_folder() {
    let project = Project::data();
    let to = |out: &str| project.modelgate(&["data", "profile", "data/train.csv", "--out", out]);
    assert_said(&to("profiles/of/train.json"), 0, &["600 rows"]);
    assert!(project.exists("profiles/of/train.json"));
    let said = to("data/train.csv/profile.json");
    assert_said(&said, 1, &["data/train.csv", "a file is in the place of a folder"]);
    assert!(!said.err.contains(".modelgate-"), "{}", said.err);
}

#[test]
fn columns_are_left_out_of_profiles_and_schemas() {
    let project = Project::data();
    let profile = ["data", "profile", "data/train.csv", "--out", "train.json"];
    let columns = |more: &[&str]| {
        assert_said(&project.modelgate(&[&profile, more].concat()), 0, &[]);
        let profile: serde_json::Value = serde_json::from_str(&project.read("train.json")).unwrap();
        let columns = profile["columns"].as_array().unwrap();
        columns.iter().map(|column| column["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(columns(&["--ignore", "id,city", "--ignore", "churned"]), ["age", "income"]);
    assert_eq!(columns(&[]), ["id", "age", "income", "city", "churned"]);
    // A schema of the data, and of its profile.
    for file in ["data/train.csv", "train.json"] {
        let said = project.modelgate(&["data", "infer", file, "--ignore", "id,city,age,none"]);
        assert_said(
            &said,
            0,
            &["income:", "churned:", "`ignore` names the column «none», and no set has it"],
        );
        assert!(!said.out.contains("id:") && !said.out.contains("age:"), "{}", said.out);
    }
    let all = ["--ignore", "id,age,income,city,churned"];
    assert_said(&project.modelgate(&[&profile[..3], &all].concat()), 11, &["leaves no column of «data»"]);
    let drift = ["data", "drift", "data/train.csv", "data/live.csv", "--ignore", "id,churned"];
    assert_said(&project.modelgate(&drift), 0, &["0 of 3 columns"]);
}

#[test]
fn profiles_are_found_as_data_is() {
    let project = Project::empty();
    for shard in [1, 2, 3] {
        project.file(&format!("s{shard}.csv"), customers(shard, 100));
        let [file, out] = [format!("s{shard}.csv"), format!("profiles/s{shard}.json")];
        assert_said(&project.modelgate(&["data", "profile", &file, "--out", &out]), 0, &[]);
    }
    let merge = |names: &[&str]| project.modelgate(&[&["data", "merge"], names].concat());
    let whole = merge(&["profiles/s1.json", "profiles/s2.json", "profiles/s3.json"]).out;
    assert!(whole.contains("\"rows\": 300"), "{whole}");
    for names in [&["profiles/s?.json"][..], &["profiles"], &["profiles/s1.json", "profiles/*.json"]] {
        assert_eq!(merge(names).out, whole, "{names:?}");
    }
    assert_said(&merge(&["profiles/t?.json"]), 1, &["no file matches «profiles/t?.json»"]);
}

#[test]
fn data_in_the_place_of_a_profile_is_told_as_what_it_is() {
    let project = Project::empty();
    project.file("train.csv", customers(1, 100));
    project.file("list.json", "[{\"x\": 1}, {\"x\": 2}]\n");
    project.file("lines.json", "{\"x\": 1}\n{\"x\": 2}\n");
    project.file("empty.json", "");
    assert_said(&project.modelgate(&["data", "profile", "train.csv", "--out", "train.json"]), 0, &[]);
    let merge = |other: &str| project.modelgate(&["data", "merge", "train.json", other]);
    let told = ["this is data of 5 columns, and no profile", "`modelgate data profile train.csv --out"];
    assert_said(&merge("train.csv"), 1, &told);
    let pandas = "to_json(…, orient=\"records\", lines=True)";
    assert_said(&merge("list.json"), 1, &["the file is a JSON list, not JSON lines", pandas]);
    assert_said(&merge("lines.json"), 1, &["this is data of 1 column, and no profile"]);
    assert_said(&merge("empty.json"), 1, &["this is no profile"]);
    // What a schema is guessed of may be either.
    let infer = |name: &str| project.modelgate(&["data", "infer", name]);
    assert_said(&infer("list.json"), 11, &["the file is a JSON list, not JSON lines", pandas]);
    assert_said(&infer("lines.json"), 0, &["x: "]);
    assert_eq!(infer("train.json").out, infer("train.csv").out);
    // A profile that is cut off is one all the same.
    project.file("cut.json", &project.read("train.json")[..200]);
    assert_said(&infer("cut.json"), 1, &["failed to read the profile cut.json"]);
    assert_said(&merge("cut.json"), 1, &["failed to read the profile cut.json"]);
}

#[test]
fn quiet_shows_only_what_is_wrong() {
    let project = Project::data();
    let drift = |more: &[&str]| {
        let words = ["data", "drift", "data/train.csv", "data/live.csv", "--ignore", "id"];
        project.modelgate(&[&words, more].concat())
    };
    let said = drift(&["--quiet"]);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "", ""));
    assert_eq!(drift(&["--quiet", "--format", "json"]).out, drift(&["--format", "json"]).out);
    // A notice is nothing wrong; a column that has drifted is.
    let with_more =
        project.read("data/live.csv").lines().map(|line| format!("{line},1\n")).collect::<String>();
    project.file("data/live.csv", with_more.replacen("churned,1", "churned,more", 1));
    let said = drift(&["--quiet"]);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "", ""));
    assert_said(&drift(&[]), 0, &["the column «more»"]);
    project.file("data/live.csv", project.read("data/live.csv").replace("Bonn", "Kiel"));
    assert_said(&drift(&["--quiet"]), 0, &["✗ city"]);
    let words = ["--quiet", "data", "profile", "data/train.csv", "--out", "train.json"];
    assert_eq!(project.modelgate(&words).out, "");
}

#[test]
fn what_was_merged_is_not_merged_once_more() {
    let project = Project::data();
    for shard in ["shards/1.json", "shards/2.json"] {
        assert_said(&project.modelgate(&["data", "profile", "data/live.csv", "--out", shard]), 0, &[]);
    }
    let merged = |patterns: &[&str]| {
        let words = [&["data", "merge"], patterns, &["--out", "shards/all.json"]].concat();
        assert_said(&project.modelgate(&words), 0, &[]);
        serde_json::from_str::<serde_json::Value>(&project.read("shards/all.json")).unwrap()["rows"].as_u64()
    };
    let once = merged(&["shards/*.json"]);
    assert_eq!((merged(&["shards/*.json"]), merged(&["shards"])), (once, once));
    // Unless somebody names it, who adds to what there is.
    assert_eq!(merged(&["shards/1.json", "shards/all.json"]), once.map(|rows| rows / 2 * 3));
}
