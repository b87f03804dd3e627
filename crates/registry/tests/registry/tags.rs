//! Lists of tags, in pages.

use embark_core::Tag;
use embark_core::ports::{ImageRegistry as _, RegistryError};
use wiremock::{Request, ResponseTemplate};

use crate::support::{Door, Fake, Image, anonymous, logged_in, tag, user_and_password};

fn page(tags: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(format!("{{\"name\": \"acme/x\", \"tags\": {tags}}}"), "application/json")
}

/// Answers the first request for tags with `first`, and all others with what `rest` makes of their query.
fn pages(
    first: ResponseTemplate,
    mut rest: impl FnMut(&str) -> ResponseTemplate + Send + 'static,
) -> impl FnMut(&Request) -> Option<ResponseTemplate> + Send + 'static {
    move |request| {
        request.url.path().ends_with("/tags/list").then(|| match request.url.query() {
            None => first.clone(),
            Some(query) => rest(query),
        })
    }
}

async fn tags(fake: &Fake) -> Result<Vec<Tag>, RegistryError> {
    anonymous().tags(&fake.repository("acme/x")).await
}

#[tokio::test]
async fn pages_are_read_to_the_end_by_relative_and_absolute_cursors() {
    for link in ["/v2/acme/x/tags/list?next=a%2Bb%3D", "?next=a%2Bb%3D", "HOST/v2/acme/x/tags/list?next=a%2Bb%3D"] {
        let fake = Fake::start().await;
        let link = format!("<{}>; rel=\"next\"", link.replace("HOST", &fake.url()));
        fake.fails(pages(page("[\"b\", \"c\"]").insert_header("Link", link.as_str()), |query| {
            assert_eq!(query, "next=a%2Bb%3D", "a cursor is sent back as it came");
            page("[\"a\", \"b\"]")
        }));
        assert_eq!(tags(&fake).await.unwrap(), [tag("a"), tag("b"), tag("c")]);
    }
}

#[tokio::test]
async fn no_page_is_asked_of_another_host() {
    let (fake, elsewhere) = (Fake::behind(Door::Basic("Basic dTpw")).await, Fake::start().await);
    let link = format!("<{}/v2/acme/x/tags/list?n=2>; rel=\"next\"", elsewhere.url());
    let page = page("[\"a\"]").insert_header("Link", link.as_str());
    fake.fails(move |request| request.headers.contains_key("authorization").then(|| page.clone()));
    let result = logged_in(&user_and_password(&fake)).tags(&fake.repository("acme/x")).await;
    assert!(matches!(&result, Err(RegistryError::Malformed { reason, .. }) if reason.contains("another host")));
    assert!(elsewhere.take_log().is_empty());
}

#[tokio::test]
async fn a_list_without_end_is_given_up() {
    let fake = Fake::start().await;
    let next = |number: usize| page("[\"a\"]").insert_header("Link", format!("<?n={number}>; rel=\"next\"").as_str());
    fake.fails(pages(next(1), move |query| next(query.replace("n=", "").parse::<usize>().unwrap() + 1)));
    let result = tags(&fake).await;
    assert!(matches!(&result, Err(RegistryError::Malformed { reason, .. }) if reason.contains("does not end")));

    fake.fails(pages(next(1), move |_| next(1)));
    fake.take_log();
    let result = tags(&fake).await;
    assert!(matches!(&result, Err(RegistryError::Malformed { reason, .. }) if reason.contains("the same again")));
    assert_eq!(fake.take_log().len(), 2);
}

#[tokio::test]
async fn a_page_that_fails_is_no_end() {
    for status in [403, 404, 500] {
        let fake = Fake::start().await;
        let first = page("[\"a\"]").insert_header("Link", "<?n=1>; rel=\"next\"");
        fake.fails(pages(first, move |_| ResponseTemplate::new(status)));
        let result = tags(&fake).await;
        assert!(result.as_ref().is_err_and(|error| !error.is_absent()), "{result:?}");
    }
}

#[tokio::test]
async fn no_tags_may_be_null_and_names_that_are_no_tags_are_passed_over() {
    let fake = Fake::start().await;
    for (list, expected) in [("null", vec![]), ("[]", vec![]), ("[\"a\", \"b/c\", \"-d\", \"\"]", vec![tag("a")])] {
        fake.fails(pages(page(list), |_| page("null")));
        assert_eq!(tags(&fake).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn what_is_no_list_is_an_error() {
    let fake = Fake::start().await;
    for body in ["{}", "[]", "<html>", "{\"tags\": [1]}"] {
        let answer = ResponseTemplate::new(200).set_body_raw(body, "application/json");
        fake.fails(pages(answer, |_| page("null")));
        let result = tags(&fake).await;
        assert!(matches!(result, Err(RegistryError::Malformed { .. })), "{body}: {result:?}");
    }
}

#[tokio::test]
async fn a_repository_that_is_not_there_is_told() {
    let fake = Fake::start().await;
    fake.push("acme/other", "built", &Image::single("image"));
    let result = tags(&fake).await;
    assert!(matches!(result, Err(RegistryError::NoRepository { .. })), "{result:?}");
}
