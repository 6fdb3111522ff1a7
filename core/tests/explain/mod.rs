mod support;
mod vectors;
