// GitHub's description of its interface, cut to what modelgate asks.
//   node openapi.mjs NODE_MODULES            prints the description, for Prism
//   node openapi.mjs NODE_MODULES answers    prints what each answer must have, for check/fake.rs
import { readFileSync } from "node:fs";
import { join } from "node:path";

const repository = "/repos/{owner}/{repo}";
const used = {
  "": ["get"],
  "/check-runs": ["post"],
  "/check-runs/{check_run_id}": ["get", "patch"],
  "/check-runs/{check_run_id}/annotations": ["get"],
  "/commits": ["get"],
  "/commits/{ref}/check-runs": ["get"],
  "/issues/{issue_number}/comments": ["get", "post"],
  "/issues/comments/{comment_id}": ["patch"],
  "/pulls/{pull_number}/files": ["get"],
  "/deployments": ["get", "post"],
  "/deployments/{deployment_id}/statuses": ["get", "post"],
  "/actions/workflows/{workflow_id}/dispatches": ["post"],
  "/actions/workflows/{workflow_id}/runs": ["get"],
  "/actions/runs/{run_id}": ["get"],
  "/actions/runs/{run_id}/artifacts": ["get"],
  "/actions/artifacts/{artifact_id}/{archive_format}": ["get"],
  "/dispatches": ["post"],
};
const answers = {
  annotation: "check-annotation",
  app: "integration",
  artifact: "artifact",
  check: "check-run",
  comment: "issue-comment",
  commit: "commit",
  deployment: "deployment",
  file: "diff-entry",
  repository: "full-repository",
  run: "workflow-run",
  status: "deployment-status",
  user: "simple-user",
};

const [modules, what] = process.argv.slice(2);
const file = join(modules, "@octokit/openapi/generated/api.github.com.json");
const whole = JSON.parse(readFileSync(file, "utf8"));

function find(reference) {
  const found = reference.slice(2).split("/").reduce((it, name) => it?.[name], whole);
  if (found === undefined) throw new Error(`the description has no ${reference}`);
  return found;
}

/** What they refer to, and what that refers to. */
function keep(kept, value) {
  if (value === null || typeof value !== "object") return;
  const reference = value.$ref;
  if (typeof reference === "string") {
    const [section, name] = reference.split("/").slice(2);
    kept[section] ??= {};
    if (!(name in kept[section])) {
      kept[section][name] = find(reference);
      keep(kept, kept[section][name]);
    }
  }
  Object.values(value).forEach((it) => keep(kept, it));
}

/** No field but those that are described: GitHub itself refuses others now and then, and never says what it ignores. */
function close(schema) {
  if (schema?.properties && !schema.oneOf) schema.additionalProperties ??= false;
  [...Object.values(schema?.properties ?? {}), schema?.items].filter(Boolean).forEach(close);
}

function trimmed() {
  const paths = {};
  for (const [path, methods] of Object.entries(used)) {
    const { parameters, ...item } = find("#/paths")[repository + path] ?? {};
    const entry = parameters ? { parameters } : {};
    for (const method of methods) {
      if (!item[method]) throw new Error(`the description has no ${method} ${repository}${path}`);
      // Examples are not asked for, and drag in nothing but their size.
      entry[method] = JSON.parse(JSON.stringify(item[method], (key, it) => (key === "examples" ? undefined : it)));
      close(entry[method].requestBody?.content["application/json"].schema);
    }
    paths[repository + path] = entry;
  }
  const components = {};
  keep(components, paths);
  const { openapi, info, servers } = whole;
  return { openapi, info, servers, paths, components };
}

/** The least that is valid. */
function least(schema) {
  if (schema.$ref) return least(find(schema.$ref));
  if (schema.nullable || [schema.type].flat().includes("null")) return null;
  if (schema.enum) return schema.enum[0];
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map(least));
  const either = schema.oneOf ?? schema.anyOf;
  if (either && !schema.properties) return least(either[0]);
  const type = schema.type ?? (schema.properties ? "object" : "string");
  if (type === "object") {
    const names = schema.required ?? [];
    return Object.fromEntries(names.map((name) => [name, least(schema.properties[name])]));
  }
  if (type === "array") return [];
  if (type === "boolean") return false;
  if (type === "integer" || type === "number") return schema.minimum ?? 1;
  return { uri: "https://github.example/", "date-time": "2026-01-01T00:00:00Z" }[schema.format] ?? "";
}

if (what === "answers") {
  const lines = Object.entries(answers).map(([name, schema]) => {
    const it = { ...find(`#/components/schemas/${schema}`), nullable: false };
    return `${JSON.stringify(name)}: ${JSON.stringify(least(it))}`;
  });
  console.log(`{\n${lines.join(",\n")}\n}`);
} else {
  console.log(JSON.stringify(trimmed()));
}
