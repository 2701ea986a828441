//! Owns taking a person's picture away as an administrator. Setting one is the person's own (`flow::account::picture`).

use serde_json::json;

use super::user::changed;
use super::user_document::UserView;
use super::{Actor, AdminRefusal, Done};
use crate::flow::Cx;
use crate::identity::Permission;
use crate::store::pictures;

/// Takes the picture away that a person uploaded.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn remove(cx: &Cx, actor: &Actor, who: &str) -> Done<UserView> {
    changed(cx, actor, who, Permission::UsersWrite, |c, change, user| {
        if !pictures::delete(c, &user.id, change.now)? {
            let words = "this person has uploaded no picture";
            return Ok(Err(AdminRefusal::unknown("no_picture", words)));
        }
        Ok(Ok(Some(("picture_removed", json!({})))))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;
    use crate::store::pictures::StoredPicture;

    #[tokio::test]
    async fn n03_a_picture_is_taken_away_by_whoever_may_act_on_the_person() {
        let house = bench::house().await;
        let alice = house.person("alice@example.com").await;
        let root = house.person_with_role("root@example.com", "owner").await;
        for user in [&alice, &root] {
            let picture = StoredPicture {
                id: user.id.0.clone(),
                user_id: user.id.clone(),
                media_type: "image/png".to_owned(),
                bytes: vec![1],
                created_at: house.cx().now,
            };
            house.parts.db.write(move |c| pictures::put(c, &picture)).await.unwrap();
        }
        let bob = house.person_with_role("bob@example.com", "people-operator").await;
        let role = crate::identity::permission::built_in().into_iter().find(|r| r.name == bob.role).unwrap();
        let operator = Actor::Person { id: bob.id, permissions: role.permissions };
        let refused = remove(&house.cx(), &operator, "root@example.com").await.unwrap().unwrap_err();
        assert_eq!(refused.code, "above_your_rank");
        let gone = remove(&house.cx(), &operator, "alice@example.com").await.unwrap().unwrap();
        assert_eq!(gone.uploaded_picture, None);
        let again = remove(&house.cx(), &operator, "alice@example.com").await.unwrap().unwrap_err();
        assert_eq!(again.code, "no_picture");
    }
}
