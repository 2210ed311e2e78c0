//! One for all widths of numbers.

/// Does something with an array of any primitive numbers.
macro_rules! with_primitive {
    ($array:expr, $typed:ident => $body:expr, _ => $other:expr) => {
        match $array.data_type() {
            DataType::Int8 => with_primitive!(@ $array, Int8Type, $typed, $body),
            DataType::Int16 => with_primitive!(@ $array, Int16Type, $typed, $body),
            DataType::Int32 => with_primitive!(@ $array, Int32Type, $typed, $body),
            DataType::Int64 => with_primitive!(@ $array, Int64Type, $typed, $body),
            DataType::UInt8 => with_primitive!(@ $array, UInt8Type, $typed, $body),
            DataType::UInt16 => with_primitive!(@ $array, UInt16Type, $typed, $body),
            DataType::UInt32 => with_primitive!(@ $array, UInt32Type, $typed, $body),
            DataType::UInt64 => with_primitive!(@ $array, UInt64Type, $typed, $body),
            DataType::Float32 => with_primitive!(@ $array, Float32Type, $typed, $body),
            DataType::Float64 => with_primitive!(@ $array, Float64Type, $typed, $body),
            _ => $other,
        }
    };
    (@ $array:expr, $kind:ident, $typed:ident, $body:expr) => {{
        let $typed = arrow_array::cast::AsArray::as_primitive::<arrow_array::types::$kind>($array);
        $body
    }};
}

/// Does something with an array of decimals.
macro_rules! with_decimal {
    ($array:expr, $typed:ident => $body:expr, _ => $other:expr) => {
        match $array.data_type() {
            DataType::Decimal32(..) => with_primitive!(@ $array, Decimal32Type, $typed, $body),
            DataType::Decimal64(..) => with_primitive!(@ $array, Decimal64Type, $typed, $body),
            DataType::Decimal128(..) => with_primitive!(@ $array, Decimal128Type, $typed, $body),
            DataType::Decimal256(..) => with_primitive!(@ $array, Decimal256Type, $typed, $body),
            _ => $other,
        }
    };
}

pub(super) use {with_decimal, with_primitive};

/// A number of any width.
pub trait Primitive: Copy {
    /// As a double; of integers of 64 bits the nearest, as everywhere.
    fn double(self) -> f64;
    /// What tells it from others of its type.
    fn bits(self) -> u64;
}

macro_rules! primitive {
    ($($kind:ty, $value:ident => $bits:expr);+) => { $(impl Primitive for $kind {
        #[allow(clippy::cast_precision_loss, clippy::cast_lossless, reason = "one for all widths")]
        fn double(self) -> f64 { self as f64 }
        #[allow(clippy::cast_sign_loss, clippy::cast_lossless, reason = "one for all widths")]
        fn bits(self) -> u64 { let $value = self; $bits }
    })+ };
}
primitive!(
    i8, value => value as u64; i16, value => value as u64; i32, value => value as u64; i64, value => value as u64;
    u8, value => value as u64; u16, value => value as u64; u32, value => value as u64; u64, value => value;
    f32, value => value.to_bits() as u64; f64, value => value.to_bits()
);
