//! One array of a `.npz` file: the `.npy` format, for real numbers and integers in C order.
//!
//! Source: NumPy enhancement proposal 1, "A simple file format for NumPy arrays" (R. Kern, 2007), versions 1 to 3.
//! The crates that read it pull in a parser of Python literals, which needs a C compiler to build.

use std::io::{self, Read, Write};

use crate::format::ParseError;
use crate::text::quoted;

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Longest header read, in bytes; NumPy itself stops at 10 000.
const HEADER_LIMIT: usize = 10_000;

/// Sizes of the elements that are read, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Float32,
    Float64,
    Int32,
    Int64,
}

impl Element {
    fn of(descr: &str) -> Option<Self> {
        Some(match descr {
            "<f4" => Element::Float32,
            "<f8" => Element::Float64,
            "<i4" => Element::Int32,
            "<i8" => Element::Int64,
            _ => return None,
        })
    }

    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            Element::Float32 | Element::Int32 => 4,
            Element::Float64 | Element::Int64 => 8,
        }
    }

    fn value(self, bytes: &[u8]) -> f64 {
        let word = |bytes: &[u8]| {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(word)
        };
        match self {
            Element::Float32 => f64::from(f32::from_bits(word(bytes) as u32)),
            Element::Float64 => f64::from_bits(word(bytes)),
            Element::Int32 => f64::from(word(bytes) as u32 as i32),
            Element::Int64 => word(bytes) as i64 as f64,
        }
    }
}

/// What stands before the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub element: Element,
    pub shape: Vec<usize>,
    /// Bytes before the data.
    pub length: usize,
}

/// Reads the header of the array called `name` in errors.
pub(crate) fn read_header(input: &mut dyn Read, name: &str) -> Result<Header, ParseError> {
    let mut start = [0; 8];
    exact(input, &mut start, name)?;
    if start[..6] != *MAGIC {
        return Err(ParseError::whole(format!("the array {name} in .npy format"), "other data"));
    }
    let (before, length) = if start[6] == 1 {
        let mut length = [0; 2];
        exact(input, &mut length, name)?;
        (10, usize::from(u16::from_le_bytes(length)))
    } else {
        let mut length = [0; 4];
        exact(input, &mut length, name)?;
        (12, u32::from_le_bytes(length) as usize)
    };
    if length > HEADER_LIMIT {
        let expected = format!("a header of the array {name} up to {HEADER_LIMIT} bytes");
        return Err(ParseError::whole(expected, length.to_string()));
    }
    let mut text = vec![0; length];
    exact(input, &mut text, name)?;
    let text = String::from_utf8_lossy(&text);
    let wrong =
        |what: &str| ParseError::whole(format!("{what} in the header of the array {name}"), quoted(text.trim()));
    let descr = field(&text, "'descr'").and_then(|rest| rest.strip_prefix('\'')?.split('\'').next());
    let descr = descr.ok_or_else(|| wrong("an element type"))?;
    let element = Element::of(descr).ok_or_else(|| {
        ParseError::whole(format!("elements <f4, <f8, <i4 or <i8 in the array {name}"), quoted(descr))
    })?;
    if !field(&text, "'fortran_order'").is_some_and(|rest| rest.starts_with("False")) {
        return Err(wrong("C order"));
    }
    let shape = field(&text, "'shape'").and_then(shape).ok_or_else(|| wrong("a shape"))?;
    Ok(Header { element, shape, length: before + length })
}

/// What follows `key :` in a Python dictionary.
fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(key)?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

/// `(3, 4, 2), ...`
fn shape(text: &str) -> Option<Vec<usize>> {
    let (inside, _) = text.strip_prefix('(')?.split_once(')')?;
    let numbers = inside.split(',').map(str::trim).filter(|number| !number.is_empty());
    numbers.map(|number| number.parse().ok()).collect()
}

/// Reads `count` elements and checks that nothing follows. Memory follows the data that are there, not what was
/// declared.
pub(crate) fn read_data(
    input: &mut dyn Read,
    element: Element,
    count: usize,
    name: &str,
) -> Result<Vec<f64>, ParseError> {
    let mut values = Vec::new();
    let mut buffer = [0; 1 << 13];
    while values.len() < count {
        let wanted = (count - values.len()).min(buffer.len() / element.size()) * element.size();
        exact(input, &mut buffer[..wanted], name)?;
        values.extend(buffer[..wanted].chunks_exact(element.size()).map(|bytes| element.value(bytes)));
    }
    // Reading up to the end also compares the checksum.
    match input.read(&mut buffer) {
        Ok(0) => Ok(values),
        Ok(_) => Err(ParseError::whole(format!("{count} elements in the array {name}"), "more data")),
        Err(error) => Err(ParseError::whole(format!("the array {name}"), error.to_string())),
    }
}

fn exact(input: &mut dyn Read, buffer: &mut [u8], name: &str) -> Result<(), ParseError> {
    input.read_exact(buffer).map_err(|error| ParseError::whole(format!("the array {name}"), error.to_string()))
}

/// Writes an array: as 32-bit reals if they lose nothing, which is what learned models read, else as 64-bit ones.
pub(crate) fn write(out: &mut dyn Write, shape: &[usize], values: &[f64]) -> io::Result<()> {
    let narrow = values.iter().all(|&value| f64::from(value as f32) == value);
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    let descr = if narrow { "<f4" } else { "<f8" };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}", sizes.trim_end());
    // Data begin at a multiple of 64 bytes; 10 bytes precede the header, which ends with a newline.
    let padding = (64 - (10 + header.len() + 1) % 64) % 64;
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    out.write_all(MAGIC)?;
    out.write_all(&[1, 0])?;
    out.write_all(&(header.len() as u16).to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    for &value in values {
        if narrow {
            out.write_all(&(value as f32).to_le_bytes())?;
        } else {
            out.write_all(&value.to_le_bytes())?;
        }
    }
    Ok(())
}
