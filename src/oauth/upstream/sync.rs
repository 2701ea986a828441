//! Owns what is taken over from a provider at a later sign-in: names, language, and the groups that its rules manage. Roles,
//! addresses and pictures are not. It does not own storing it.

use super::claims::Person;
use super::provider::{Provider, SyncRule};
use crate::identity::User;

/// The person as the provider says they are now; `None` if nothing is to be changed. What it does not say stays, and so do
/// groups that no rule of this provider gives.
pub fn taken_over(provider: &Provider, user: &User, person: &Person) -> Option<User> {
    if provider.sync == SyncRule::First {
        return None;
    }
    let mut after = user.clone();
    let (now, then) = (&mut after.profile, &person.profile);
    for (ours, theirs) in [
        (&mut now.name, &then.name),
        (&mut now.given_name, &then.given_name),
        (&mut now.family_name, &then.family_name),
        (&mut now.preferred_username, &then.preferred_username),
        (&mut now.locale, &then.locale),
    ] {
        if theirs.is_some() {
            ours.clone_from(theirs);
        }
    }
    let is_managed = |group: &String| provider.groups.iter().any(|rule| rule.group == *group);
    after.groups.retain(|group| !is_managed(group) || person.groups.contains(group));
    after.groups.extend(person.groups.iter().filter(|group| !user.groups.contains(group)).cloned());
    after.groups.sort();
    (after.profile != user.profile || after.groups != user.groups).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::user::Profile;
    use crate::oauth::fixtures;
    use crate::oauth::upstream::Preset;
    use crate::oauth::upstream::provider::GroupRule;

    fn rule(group: &str) -> GroupRule {
        GroupRule { claim: "groups".to_owned(), value: group.to_owned(), group: group.to_owned() }
    }

    #[test]
    fn what_the_provider_says_is_taken_over_and_nothing_else() {
        let groups = vec![rule("staff"), rule("sales")];
        let each = Provider { sync: SyncRule::Each, groups, ..Provider::of_preset(Preset::Oidc, "acme", "us") };
        let mut user = fixtures::user("alice");
        user.groups = vec!["board".to_owned(), "sales".to_owned()];
        user.profile.name = Some("Old Name".to_owned());
        user.profile.locale = Some("de".to_owned());
        let profile = Profile { name: Some("New Name".to_owned()), ..Profile::default() };
        let person = Person { profile, groups: vec!["staff".to_owned()], ..Person::default() };
        let after = taken_over(&each, &user, &person).expect("a change");
        assert_eq!(after.groups, ["board", "staff"], "what no rule gives stays");
        assert_eq!(after.profile.name.as_deref(), Some("New Name"));
        assert_eq!(after.profile.locale.as_deref(), Some("de"), "what is not said stays");
        assert_eq!((after.role, after.email), (user.role.clone(), user.email.clone()));
        let settled =
            User { groups: vec!["board".to_owned(), "staff".to_owned()], profile: after.profile, ..user.clone() };
        assert_eq!(taken_over(&each, &settled, &person), None, "nothing new");
        assert_eq!(taken_over(&Provider { sync: SyncRule::First, ..each }, &user, &person), None);
    }
}
