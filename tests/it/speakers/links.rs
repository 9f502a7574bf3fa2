//! The links that operators make for speakers.
use super::*;

#[tokio::test]
async fn a_link_lets_one_speaker_in_by_its_name_until_it_is_taken_back() {
    let everywhere = Settings { host: "0.0.0.0".into(), ..operated() };
    let mut stand = Stand::with(stage(), everywhere).await;
    let (status, link) = stand.api("POST", "/api/speakers", r#"{"name":"Ada"}"#).await;
    assert_eq!((status, &link["stage"], &link["name"]), (200, &json!("panel"), &json!("Ada")));
    let token = link["token"].as_str().unwrap();
    assert_eq!(link["path"], format!("/speak#token={token}"));
    // What the link says goes before what the speaker says.
    let (mut ada, welcome) = stand.welcomed(json!({ "token": token, "name": "Mallory" })).await;
    assert_eq!(welcome["name"], "Ada");
    let (_, now) = stand.api("GET", "/api/speakers", "").await;
    let text = now.to_string();
    assert!(!text.contains(token), "{text}");
    assert_eq!(now["links"], json!([{ "id": link["id"], "stage": "panel", "name": "Ada" }]));
    let speaker = &now["places"][0]["speaker"];
    assert_eq!((&speaker["link"], &speaker["connected"]), (&link["id"], &json!(true)));
    assert!(now["places"][1]["speaker"].is_null());

    let one = format!("/api/speakers/{}", link["id"]);
    assert_eq!(stand.api("POST", &one, r#"{"name":"Ada Lovelace"}"#).await.0, 204);
    assert_eq!(ada.expect("renamed").await["name"], "Ada Lovelace");
    ada.block(0).await;
    assert_eq!(number(&stand.frame(1).await), 0);

    assert_eq!(stand.api("DELETE", &one, "").await.0, 204);
    assert_eq!(ada.refused().await, "revoked");
    assert!(stand.until_quiet(1).await.is_empty());
    let mut again = stand.speaker().await;
    again.hello(json!({ "token": token })).await;
    assert_eq!(again.refused().await, "token");
    assert_eq!(stand.api("DELETE", &one, "").await.0, 404);
    assert_eq!(stand.api("POST", &one, r#"{"name":"x"}"#).await.0, 404);
}

#[tokio::test]
async fn a_link_takes_its_own_lost_place_at_once() {
    let stand = Stand::start().await;
    let (_, link) = stand.api("POST", "/api/speakers", r#"{"name":"Ada","stage":"panel"}"#).await;
    let (_other, _) = stand.welcomed(json!({})).await;
    let (lost, welcome) = stand.welcomed(json!({ "token": link["token"] })).await;
    assert_eq!(welcome["slot"], 2);
    lost.cut();
    // A page that was loaded anew knows of no session. The server may not have seen yet that the connection is gone.
    loop {
        let mut again = stand.speaker().await;
        again.hello(json!({ "token": link["token"] })).await;
        let answer = again.next().await.unwrap();
        if answer["type"] == "welcome" {
            assert_eq!(answer["slot"], 2);
            break;
        }
        assert_eq!(answer["code"], "full");
    }
}

#[tokio::test]
async fn links_are_for_operators_and_have_a_name_and_a_stage() {
    let stand = Stand::start().await;
    for (body, status) in [
        (r#"{"name":""}"#, 400),
        (r#"{"name":"Ada","stage":"hall"}"#, 400),
        (r#"{"name":"Ada","colour":"red"}"#, 422),
    ] {
        let (found, told) = stand.api("POST", "/api/speakers", body).await;
        assert_eq!(found, status, "{body}: {told}");
    }
    let long = format!(r#"{{"name":"{}"}}"#, "a".repeat(61));
    assert_eq!(stand.api("POST", "/api/speakers", &long).await.0, 400);
    for (method, path) in
        [("POST", "/api/speakers"), ("POST", "/api/speakers/1"), ("DELETE", "/api/speakers/1")]
    {
        let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost");
        let (head, _) = request(&stand.server, &head, "").await;
        assert!(head.starts_with("HTTP/1.1 401"), "{head}");
    }
    let (status, speak) = stand.api("GET", "/api/speak", "").await;
    let first = &speak["stages"][0];
    assert_eq!(
        (status, &first["stage"], &first["needs_token"]),
        (200, &json!("panel"), &json!(false))
    );
    assert_eq!((&first["speakers"], &first["auto_gain"]), (&json!(2), &json!(true)));
}
