//! What surrounds a node of the tree, as the parser's rules ask for it.

use std::cell::RefCell;

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{self as ast, Expr, PythonVersion, Stmt};
use ruff_python_parser::semantic_errors::{LazyImportContext, SemanticSyntaxContext, SemanticSyntaxError};
use ruff_text_size::{Ranged, TextRange};

/// What a scope is.
pub(super) enum Kind<'a> {
    Module,
    Class,
    Function { is_async: bool, parameters: &'a ast::Parameters },
    Lambda(Option<&'a ast::Parameters>),
    Comprehension { is_async: bool },
    Generator,
}

/// A scope, and where in it the visit is.
pub(super) struct Scope<'a> {
    pub(super) kind: Kind<'a>,
    /// How many loops of this scope we are in.
    pub(super) loops: u32,
    /// How many `try` statements of this scope we are in.
    pub(super) tries: u32,
    /// The names that it declares global, and where.
    globals: Vec<(&'a str, TextRange)>,
}

impl<'a> Scope<'a> {
    pub(super) const fn of(kind: Kind<'a>) -> Self {
        Self { kind, loops: 0, tries: 0, globals: Vec::new() }
    }
}

/// What surrounds the node that is being visited.
pub(super) struct Around<'a> {
    pub(super) source: &'a str,
    pub(super) version: PythonVersion,
    pub(super) notebook: bool,
    pub(super) future_annotations: bool,
    pub(super) has_global: bool,
    pub(super) scopes: Vec<Scope<'a>>,
    pub(super) errors: RefCell<Vec<SemanticSyntaxError>>,
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
    pub(super) fn note_globals(&mut self, body: &'a [Stmt]) {
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
