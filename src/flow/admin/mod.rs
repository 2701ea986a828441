//! What administrators do, one file per noun. It does not own who may do it, nor how they ask (`command`, later the console).
pub mod setup;
