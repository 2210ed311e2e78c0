//! What a data set holds, column by column.
