//! Syntax errors that only the tree shows: `return` outside a function, `break` outside a loop and so on.
//!
//! The parser's crate has the rules and leaves it to its caller to say what surrounds each node. Where that
//! would need a whole name resolution (a `nonlocal` without a binding), the answer given here is the one
//! that reports nothing.

use std::cell::RefCell;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{self as ast, Expr, Mod, PythonVersion, Stmt};
use ruff_python_parser::semantic_errors::{
    LazyImportContext, SemanticSyntaxChecker, SemanticSyntaxContext, SemanticSyntaxError,
};
use ruff_text_size::{Ranged, TextRange};

/// The errors of a module.
pub(super) fn errors(
    module: &Mod,
    source: &str,
    version: PythonVersion,
    notebook: bool,
) -> Vec<SemanticSyntaxError> {
    let Mod::Module(module) = module else { return Vec::new() };
    let mut walk = Walk {
        rules: SemanticSyntaxChecker::new(),
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
    walk.around.errors.into_inner()
}

fn future_annotations(body: &[Stmt]) -> bool {
    let imports = body.iter().filter_map(Stmt::as_import_from_stmt);
    let mut futures = imports.filter(|import| import.module.as_deref() == Some("__future__"));
    futures.any(|import| import.names.iter().any(|alias| alias.name.as_str() == "annotations"))
}

enum Kind<'a> {
    Module,
    Class,
    Function { is_async: bool, parameters: &'a ast::Parameters },
    Lambda(Option<&'a ast::Parameters>),
    Comprehension { is_async: bool },
    Generator,
}

struct Scope<'a> {
    kind: Kind<'a>,
    /// How many loops of this scope we are in.
    loops: u32,
    /// How many `try` statements of this scope we are in.
    tries: u32,
    /// The names that it declares global, and where.
    globals: Vec<(&'a str, TextRange)>,
}

impl<'a> Scope<'a> {
    const fn of(kind: Kind<'a>) -> Self {
        Self { kind, loops: 0, tries: 0, globals: Vec::new() }
    }
}

/// What surrounds the node that is being visited.
struct Around<'a> {
    source: &'a str,
    version: PythonVersion,
    notebook: bool,
    future_annotations: bool,
    has_global: bool,
    scopes: Vec<Scope<'a>>,
    errors: RefCell<Vec<SemanticSyntaxError>>,
}

impl<'a> Around<'a> {
    fn innermost(&self) -> Option<&Scope<'a>> {
        self.scopes.last()
    }

    fn kinds(&self) -> impl Iterator<Item = &Kind<'a>> {
        self.scopes.iter().rev().map(|scope| &scope.kind)
    }

    /// The kinds from the innermost scope outwards up to the function or class that holds them.
    fn comprehensions(&self) -> impl Iterator<Item = &Kind<'a>> {
        self.kinds().take_while(|kind| matches!(kind, Kind::Comprehension { .. } | Kind::Generator))
    }

    /// The innermost scope that is no comprehension.
    fn holder(&self) -> Option<&Kind<'a>> {
        self.kinds().find(|kind| !matches!(kind, Kind::Comprehension { .. } | Kind::Generator))
    }

    /// IPython awaits at the top of a cell.
    fn at_top_of_cell(&self) -> bool {
        self.notebook && matches!(self.holder(), Some(Kind::Module))
    }

    /// Looks ahead for the `global` statements of a scope that is about to be entered.
    fn note_globals(&mut self, body: &'a [Stmt]) {
        if self.has_global
            && let Some(scope) = self.scopes.last_mut()
        {
            let mut globals = Globals(&mut scope.globals);
            globals.visit_body(body);
        }
    }
}

struct Globals<'a, 'b>(&'b mut Vec<(&'a str, TextRange)>);

impl<'a> Visitor<'a> for Globals<'a, '_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Global(global) => {
                self.0.extend(global.names.iter().map(|name| (name.as_str(), global.range())));
            }
            // What stands within belongs to another scope.
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

impl SemanticSyntaxContext for Around<'_> {
    fn future_annotations_or_stub(&self) -> bool {
        self.future_annotations
    }

    fn lazy_import_context(&self) -> Option<LazyImportContext> {
        let scope = self.innermost()?;
        match scope.kind {
            Kind::Function { .. } => Some(LazyImportContext::Function),
            Kind::Class => Some(LazyImportContext::Class),
            _ => (scope.tries > 0).then_some(LazyImportContext::TryExceptBlocks),
        }
    }

    fn python_version(&self) -> PythonVersion {
        self.version
    }

    fn source(&self) -> &str {
        self.source
    }

    fn global(&self, name: &str) -> Option<TextRange> {
        let globals = &self.innermost()?.globals;
        globals.iter().find(|(global, _)| *global == name).map(|(_, range)| *range)
    }

    fn has_nonlocal_binding(&self, _: &str) -> bool {
        true
    }

    fn in_async_context(&self) -> bool {
        matches!(self.holder(), Some(Kind::Function { is_async: true, .. })) || self.at_top_of_cell()
    }

    fn in_await_allowed_context(&self) -> bool {
        matches!(self.holder(), Some(Kind::Function { .. } | Kind::Lambda(_))) || self.at_top_of_cell()
    }

    fn in_yield_allowed_context(&self) -> bool {
        matches!(self.kinds().next(), Some(Kind::Function { .. } | Kind::Lambda(_)))
    }

    fn in_sync_comprehension(&self) -> bool {
        self.comprehensions().any(|kind| matches!(kind, Kind::Comprehension { is_async: false }))
    }

    fn in_class_body_comprehension(&self) -> bool {
        matches!(self.holder(), Some(Kind::Class))
    }

    fn in_module_scope(&self) -> bool {
        self.scopes.len() == 1
    }

    fn in_function_scope(&self) -> bool {
        matches!(self.kinds().next(), Some(Kind::Function { .. }))
    }

    fn in_generator_context(&self) -> bool {
        self.comprehensions().any(|kind| matches!(kind, Kind::Generator))
    }

    fn in_notebook(&self) -> bool {
        self.notebook
    }

    fn report_semantic_error(&self, error: SemanticSyntaxError) {
        self.errors.borrow_mut().push(error);
    }

    fn in_loop_context(&self) -> bool {
        self.innermost().is_some_and(|scope| scope.loops > 0)
    }

    fn is_bound_parameter(&self, name: &str) -> bool {
        match self.kinds().next() {
            Some(Kind::Function { parameters, .. } | Kind::Lambda(Some(parameters))) => {
                parameters.includes(name)
            }
            _ => false,
        }
    }
}

struct Walk<'a> {
    rules: SemanticSyntaxChecker,
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
            Stmt::Try(_) => {
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
            .iter()
            .map(ToString::to_string)
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
