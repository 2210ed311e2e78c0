//! What others write is taken over, and what cannot be is named.

use proptest::prelude::*;

use super::*;

const TABLE_SCHEMA: &str = r#"{
  "name": "customers",
  "fields": [
    {"name": "id", "type": "integer", "constraints": {"required": true, "unique": true, "minimum": 1}},
    {"name": "plan", "type": "string", "title": "The plan", "constraints": {"enum": ["free", "pro"]}},
    {"name": "email", "type": "string", "format": "email",
     "constraints": {"pattern": "[^@]+@[^@]+", "minLength": 3, "maxLength": 254}},
    {"name": "born", "type": "date", "format": "%d/%m/%Y", "constraints": {"minimum": "1900-01-01", "maximum": "soon"}},
    {"name": "score", "type": "number", "decimalChar": ",", "constraints": {"minimum": 0, "maximum": 1}},
    {"name": "seen", "type": "datetime", "format": "any"},
    {"name": "place", "type": "geopoint"},
    {"name": "churned", "type": "boolean", "trueValues": ["yes"], "falseValues": ["0"]},
    {"name": "note", "constraints": {"jsonSchema": {}, "pattern": "(?<!a)b"}},
    {"title": "nameless"}
  ],
  "missingValues": ["", "NA"],
  "primaryKey": ["id", "plan"],
  "foreignKeys": [{"fields": "plan", "reference": {"resource": "plans", "fields": "name"}}]
}
"#;

const TABLE_SCHEMA_2: &str = r#"{
  "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
  "fieldsMatch": ["subset"],
  "fields": [
    {"name": "a", "type": "number", "constraints": {"exclusiveMinimum": 0, "exclusiveMaximum": 1}},
    {"name": "b", "type": "string", "categories": [{"value": "x", "label": "X"}, {"value": "y", "label": "Y"}], "categoriesOrdered": true},
    {"name": "c"},
    {"name": "d", "type": "list", "itemType": "string"}
  ],
  "uniqueKeys": [["a", "b"], ["c"], ["nope"]],
  "missingValues": [{"value": "-99", "label": "refused"}]
}
"#;

const SUITE: &str = r#"{
  "expectation_suite_name": "customers",
  "expectations": [
    {"expectation_type": "expect_column_to_exist", "kwargs": {"column": "note"}},
    {"expectation_type": "expect_column_values_to_not_be_null", "kwargs": {"column": "age", "mostly": 0.98}},
    {"expectation_type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "min_value": 0, "max_value": 120, "mostly": 0.9}},
    {"expectation_type": "expect_column_values_to_be_of_type", "kwargs": {"column": "age", "type_": "int64"}},
    {"expectation_type": "expect_column_values_to_be_in_set", "kwargs": {"column": "plan", "value_set": ["free", "pro", null]}},
    {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "email", "regex": "@"}, "severity": "warning"},
    {"type": "expect_column_values_to_match_regex_list", "kwargs": {"column": "phone", "regex_list": ["^a", "^b"]}},
    {"type": "expect_column_value_lengths_to_be_between", "kwargs": {"column": "email", "min_value": 3, "max_value": null}},
    {"type": "expect_column_value_lengths_to_equal", "kwargs": {"column": "phone", "value": 4}},
    {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}},
    {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": ["plan", "day"]}},
    {"type": "expect_column_pair_values_a_to_be_greater_than_b", "kwargs": {"column_A": "end", "column_B": "start", "or_equal": true, "mostly": 0.5}},
    {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 10, "max_value": 100}},
    {"type": "expect_table_columns_to_match_ordered_list", "kwargs": {"column_list": ["id", "age", "plan"]}},
    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "day", "min_value": "2020-01-01", "strict_min": true, "parse_strings_as_datetimes": true}},
    {"type": "expect_column_min_to_be_between", "kwargs": {"column": "price", "min_value": 0, "max_value": 5}},
    {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "price", "min_value": 0, "max_value": 5}},
    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "price", "min_value": 1}},
    {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "age", "value_set": ["old"]}},
    {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id", "row_condition": "age > 3"}},
    {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "id", "mostly": 2}},
    {"type": "expect_column_values_to_be_in_type_list", "kwargs": {"column": "note", "type_list": ["str", "blob"]}},
    {"type": "expect_multicolumn_sum_to_equal", "kwargs": {"column_list": ["a", "b"], "sum_total": 1}},
    {"kwargs": {}}
  ]
}
"#;

fn taken(text: &str) -> (Dialect, String) {
    let read = parse(text, "schema.json")
        .unwrap_or_else(|problems| panic!("{}", render(&problems, "schema.json", false)));
    (read.dialect, format!("{}\n{:#?}", told(&read.findings), read.schema))
}

#[test]
fn a_table_schema_is_taken_over() {
    let (dialect, text) = taken(TABLE_SCHEMA);
    assert_eq!(dialect, Dialect::Frictionless);
    insta::assert_snapshot!(text);
}

#[test]
fn a_table_schema_of_version_2_is_taken_over() {
    insta::assert_snapshot!(taken(TABLE_SCHEMA_2).1);
}

#[test]
fn a_table_schema_is_found_in_a_resource_and_in_a_package() {
    let resource = format!("{{\"name\": \"x\", \"schema\": {TABLE_SCHEMA}}}");
    let package = format!("{{\"resources\": [{{\"name\": \"y\"}}, {resource}, {resource}]}}");
    let whole = parse(TABLE_SCHEMA, "x").unwrap();
    for (text, more) in [(&resource, 0), (&package, 1)] {
        let read = parse(text, "x").unwrap();
        assert_eq!((read.schema, read.findings.len()), (whole.schema.clone(), whole.findings.len() + more));
        assert!(read.findings.iter().all(|finding| finding.line.is_some()));
    }
}

#[test]
fn a_suite_of_expectations_is_taken_over() {
    let (dialect, text) = taken(SUITE);
    assert_eq!(dialect, Dialect::GreatExpectations);
    insta::assert_snapshot!(text);
}

#[test]
fn mostly_is_what_the_decimals_say() {
    let text = |mostly: &str| {
        format!(
            "{{\"expectations\": [{{\"type\": \"expect_column_values_to_not_be_null\", \"kwargs\": {{\"column\": \"a\", \"mostly\": {mostly}}}}}]}}"
        )
    };
    for (mostly, nulls) in [("0.9", 0.1), ("0.99", 0.01), ("1.0", 0.0), ("0", 1.0), ("0.7", 0.3)] {
        assert_eq!(schema(&text(mostly)).columns[0].nulls, nulls, "{mostly}");
    }
}

#[test]
fn a_schema_that_says_nothing_is_refused() {
    for text in
        ["{\"expectations\": []}", "{\"fields\": []}", "{\"expectations\": [{\"type\": \"expect_x\"}]}"]
    {
        let problems = parse(text, "x.json").expect_err(text);
        assert!(problems[0].message.contains("nothing in this schema"), "{problems:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(which in 0_usize..3, at in 0_usize..2500, length in 0_usize..30, text in "[\\[\\]{}\":,a-z0-9.-]{0,12}") {
        let mut broken = [TABLE_SCHEMA, TABLE_SCHEMA_2, SUITE][which].as_bytes().to_vec();
        let at = at.min(broken.len());
        let end = (at + length).min(broken.len());
        broken.splice(at..end, text.bytes());
        let _ = parse(&String::from_utf8_lossy(&broken), "x.json");
    }

    #[test]
    fn no_value_makes_it_panic(which in 0_usize..3, number in 0_usize..60, value in prop_oneof!["-1", "null", "1e400", "\\[\\]", "\\{\\}", "\"\"", "true", "\\[null\\]"]) {
        // The value of some key becomes another.
        let text = [TABLE_SCHEMA, TABLE_SCHEMA_2, SUITE][which];
        let colons: Vec<usize> = text.match_indices("\": ").map(|(at, _)| at + 3).collect();
        let at = colons[number % colons.len()];
        let end = text[at..].find([',', '}']).map_or(text.len(), |length| at + length);
        let _ = parse(&format!("{}{value}{}", &text[..at], &text[end..]), "x.json");
    }
}
