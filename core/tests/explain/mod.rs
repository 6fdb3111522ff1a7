mod support;
mod vectors;
mod mistakes;
