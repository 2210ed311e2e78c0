//! Syntax errors that only the tree shows: `return` outside a function, `break` outside a loop and so on.
//!
//! The parser's crate has the rules and leaves it to its caller to say what surrounds each node. Where that
//! would need a whole name resolution (a `nonlocal` without a binding), the answer given here is the one
//! that reports nothing.

mod around;

use std::cell::RefCell;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{self as ast, Expr, Mod, PythonVersion, Stmt};
use ruff_python_parser::semantic_errors::SemanticSyntaxChecker;
use ruff_text_size::Ranged;

use around::{Around, Kind, Scope};

/// The errors of a module: the byte offset and what is wrong there.
pub(super) fn errors(
    module: &Mod,
    source: &str,
    version: PythonVersion,
    notebook: bool,
) -> Vec<(usize, String)> {
    let Mod::Module(module) = module else { return Vec::new() };
    let mut walk = Walk {
        rules: SemanticSyntaxChecker::new(),
        own: Vec::new(),
        around: Around {
            source,
            version,
            notebook,
            future_annotations: future_annotations(&module.body),
            has_global: source.contains("global "),
            scopes: vec![Scope::of(Kind::Module)],
            errors: RefCell::default(),
        },
    };
    walk.around.note_globals(&module.body);
    walk.visit_body(&module.body);
    let found = walk.around.errors.into_inner();
    let found = found.iter().map(|error| (error.range.start().to_usize(), error.to_string()));
    found.chain(walk.own).collect()
}

fn future_annotations(body: &[Stmt]) -> bool {
    let imports = body.iter().filter_map(Stmt::as_import_from_stmt);
    let mut futures = imports.filter(|import| import.module.as_deref() == Some("__future__"));
    futures.any(|import| import.names.iter().any(|alias| alias.name.as_str() == "annotations"))
}

struct Walk<'a> {
    rules: SemanticSyntaxChecker,
    /// What Python refuses and the parser's rules do not know.
    own: Vec<(usize, String)>,
    around: Around<'a>,
}

impl<'a> Walk<'a> {
    fn within(&mut self, kind: Kind<'a>, visit: impl FnOnce(&mut Self)) {
        self.around.scopes.push(Scope::of(kind));
        visit(self);
        self.around.scopes.pop();
    }

    fn visit_loop(&mut self, body: &'a [Stmt], orelse: &'a [Stmt]) {
        self.count_loop(1);
        self.visit_body(body);
        self.count_loop(-1);
        // `break` in the `else` of a loop would have to belong to another loop.
        self.visit_body(orelse);
    }

    fn count_loop(&mut self, change: i32) {
        if let Some(scope) = self.around.scopes.last_mut() {
            scope.loops = scope.loops.saturating_add_signed(change);
        }
    }

    /// The first iterable belongs to the scope around the comprehension; all else to the comprehension.
    fn visit_comprehension_of(
        &mut self,
        kind: Kind<'a>,
        parts: &[&'a Expr],
        clauses: &'a [ast::Comprehension],
    ) {
        let Some((first, rest)) = clauses.split_first() else { return };
        self.visit_expr(&first.iter);
        self.within(kind, |walk| {
            walk.visit_expr(&first.target);
            first.ifs.iter().for_each(|condition| walk.visit_expr(condition));
            rest.iter().for_each(|clause| walk.visit_comprehension(clause));
            parts.iter().for_each(|part| walk.visit_expr(part));
        });
    }

    fn visit_function(&mut self, function: &'a ast::StmtFunctionDef) {
        function.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
        if let Some(parameters) = &function.type_params {
            self.visit_type_params(parameters);
        }
        self.visit_parameters(&function.parameters);
        if let Some(returns) = &function.returns {
            self.visit_annotation(returns);
        }
        let kind = Kind::Function { is_async: function.is_async, parameters: &function.parameters };
        self.within(kind, |walk| {
            walk.around.note_globals(&function.body);
            walk.visit_body(&function.body);
        });
    }

    fn visit_class(&mut self, class: &'a ast::StmtClassDef) {
        class.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
        if let Some(parameters) = &class.type_params {
            self.visit_type_params(parameters);
        }
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
        }
        self.within(Kind::Class, |walk| {
            walk.around.note_globals(&class.body);
            walk.visit_body(&class.body);
        });
    }
}

impl<'a> Visitor<'a> for Walk<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.rules.visit_stmt(stmt, &self.around);
        match stmt {
            Stmt::FunctionDef(function) => self.visit_function(function),
            Stmt::ClassDef(class) => self.visit_class(class),
            Stmt::For(a_for) => {
                self.visit_expr(&a_for.iter);
                self.visit_expr(&a_for.target);
                self.visit_loop(&a_for.body, &a_for.orelse);
            }
            Stmt::While(a_while) => {
                self.visit_expr(&a_while.test);
                self.visit_loop(&a_while.body, &a_while.orelse);
            }
            Stmt::Expr(alone) if alone.value.is_starred_expr() => {
                self.own.push((stmt.start().to_usize(), "cannot use starred expression here".into()));
                walk_stmt(self, stmt);
            }
            Stmt::Try(a_try) => {
                if a_try.handlers.is_empty() && !a_try.orelse.is_empty() {
                    self.own.push((stmt.start().to_usize(), "`try` with `else` and without `except`".into()));
                }
                if let Some(scope) = self.around.scopes.last_mut() {
                    scope.tries += 1;
                }
                walk_stmt(self, stmt);
                if let Some(scope) = self.around.scopes.last_mut() {
                    scope.tries -= 1;
                }
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.rules.visit_expr(expr, &self.around);
        let sync = |clauses: &[ast::Comprehension]| Kind::Comprehension {
            is_async: clauses.iter().any(|clause| clause.is_async),
        };
        match expr {
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.visit_parameters(parameters);
                }
                let kind = Kind::Lambda(lambda.parameters.as_deref());
                self.within(kind, |walk| walk.visit_expr(&lambda.body));
            }
            Expr::ListComp(list) => {
                self.visit_comprehension_of(sync(&list.generators), &[&list.elt], &list.generators);
            }
            Expr::SetComp(set) => {
                self.visit_comprehension_of(sync(&set.generators), &[&set.elt], &set.generators);
            }
            Expr::DictComp(dict) => {
                let parts: Vec<&Expr> = dict.key.iter().map(AsRef::as_ref).chain([&*dict.value]).collect();
                self.visit_comprehension_of(sync(&dict.generators), &parts, &dict.generators);
            }
            Expr::Generator(generator) => {
                self.visit_comprehension_of(Kind::Generator, &[&generator.elt], &generator.generators);
            }
            _ => walk_expr(self, expr),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

    fn of(source: &str, notebook: bool) -> Vec<String> {
        let mode = if notebook { Mode::Ipython } else { Mode::Module };
        let parsed = parse_unchecked(source, ParseOptions::from(mode));
        assert!(parsed.errors().is_empty(), "{source}");
        errors(parsed.syntax(), source, PythonVersion::PY310, notebook)
            .into_iter()
            .map(|(_, message)| message)
            .collect()
    }

    #[test]
    fn what_python_refuses_is_found() {
        for source in [
            "return 1\n",
            "class A:\n    return 1\n",
            "yield 1\n",
            "break\n",
            "for x in y:\n    pass\nelse:\n    break\n",
            "while 1:\n    def f():\n        continue\n",
            "def f():\n    await x\n",
            "def f():\n    return [await x for x in y]\n",
            "async def f():\n    return [[x async for x in y] for z in w]\n",
            "def f():\n    x = 1\n    global x\n",
            "def f(x):\n    global x\n",
            "def f(a, a): pass\n",
            "def f():\n    from x import *\n",
            "import x\nfrom __future__ import annotations\n",
            "f(a=1, a=2)\n",
            "nonlocal x\n",
            "*a\n",
            "try:\n    pass\nelse:\n    pass\nfinally:\n    pass\n",
            "*a = 1\n",
            "def f():\n    [(yield) for x in y]\n",
            "match x:\n    case y: pass\n    case 1: pass\n",
        ] {
            assert!(!of(source, false).is_empty(), "{source}");
        }
    }

    #[test]
    fn what_python_takes_is_left_alone() {
        for source in [
            "def f():\n    return 1\n",
            "f = lambda: (yield)\n",
            "def f():\n    for x in y:\n        if x:\n            break\n        with z:\n            continue\n",
            "async def f():\n    return [await x for x in y if await z]\n",
            "async def f():\n    g = (await x for x in y)\n    async with a as b: pass\n    async for c in d: pass\n",
            "def f():\n    return (x async for x in y)\n",
            "def f():\n    return [x for x in (yield)]\n",
            "x = 1\ndef f():\n    global x\n    x = 2\ndef g():\n    x = 3\n",
            "def f():\n    x = 1\n    def g():\n        global x\n",
            "'doc'\nfrom __future__ import annotations\nimport x\n",
            "for x in y:\n    for z in x: pass\n    else:\n        break\n",
            "class A:\n    x = [y for y in z]\n    async def f(self):\n        await self\n",
            "def f():\n    try:\n        yield 1\n    finally:\n        return\n",
            "def f(*, a, b=1): pass\n",
            "*a,\n",
            "try:\n    pass\nfinally:\n    pass\n",
        ] {
            assert_eq!(of(source, false), Vec::<String>::new(), "{source}");
        }
    }

    #[test]
    fn a_cell_may_await() {
        assert_eq!(of("await x\n[await y for y in z]\nasync with a: pass\n", true), Vec::<String>::new());
        assert!(!of("def f():\n    await x\n", true).is_empty());
        assert!(!of("return 1\n", true).is_empty());
    }
}
