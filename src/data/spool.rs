//! The values of columns in order, within a memory budget.
