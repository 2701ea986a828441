//! Owns configuration as files: what is there as documents, what files want, the plan that leads from one to the other, and
//! applying it in one transaction. It does not own what a good document is (each noun judges its own).

pub mod diff;
