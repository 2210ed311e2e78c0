//! Tables in all formats, good and bad.
