//! stub
use crate::{
    flow::{Cx, Fault},
    identity::User,
    sensitive::Sensitive,
};
pub struct Setup {
    pub token: Sensitive,
    pub email: String,
    pub name: String,
    pub password: Sensitive,
}
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct SetupRefusal;
impl SetupRefusal {
    pub fn is_dead_link(&self) -> bool {
        true
    }
    pub fn field_id(&self) -> &'static str {
        "problem"
    }
}
pub async fn is_live(_: &Cx, _: &str) -> Result<bool, Fault> {
    Ok(false)
}
pub async fn complete(_: &Cx, _: Setup) -> Result<Result<User, SetupRefusal>, Fault> {
    Ok(Err(SetupRefusal))
}
pub async fn link(_: &Cx) -> Result<Option<Sensitive>, Fault> {
    Ok(None)
}
