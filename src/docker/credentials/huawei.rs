//! Huawei Cloud's SWR: the login is computed from the access key, and needs no request.

use super::Credentials;
use crate::context::Variables;
use crate::docker::settings::{text, variable};

/// The long-term login for `swr.REGION.myhuaweicloud.com`; none for another registry or without an access key.
pub(super) fn credentials(variables: &Variables, registry: &str) -> Option<Credentials> {
    let region = registry.strip_prefix("swr.")?.strip_suffix(".myhuaweicloud.com")?;
    if !region.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return None;
    }
    let (id, secret) = (text(variables, "HUAWEICLOUD_SDK_AK")?, variable(variables, "HUAWEICLOUD_SDK_SK")?);
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_encoded_bytes());
    let login = ring::hmac::sign(&key, id.as_bytes());
    let login: String = login.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Some(Credentials {
        user: format!("{region}@{id}"),
        secret: login.into(),
        from: "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK".into(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_login_is_what_the_documented_command_prints() {
        let variables = Variables::from([
            ("HUAWEICLOUD_SDK_AK".into(), "OWFPUKBXIEXAMPLE".into()),
            ("HUAWEICLOUD_SDK_SK".into(), "secretKeyOfTheExample".into()),
        ]);
        let found = credentials(&variables, "swr.cn-north-4.myhuaweicloud.com").unwrap();
        assert_eq!(found.user, "cn-north-4@OWFPUKBXIEXAMPLE");
        // printf "$AK" | openssl dgst -binary -sha256 -hmac "$SK" | od -An -vtx1
        assert_eq!(found.secret, "4583868059320811128273a0e5e09ae421ce58dc6fd15710b2fa80e963dc0068");
        for registry in [
            "swr.cn-north-4.myhuaweicloud.com.evil.com",
            "swr.evil.com/.myhuaweicloud.com",
            "swr.evil.com:1.myhuaweicloud.com",
            "aswr.cn-north-4.myhuaweicloud.com",
        ] {
            assert_eq!(credentials(&variables, registry), None, "{registry}");
        }
        assert_eq!(credentials(&Variables::new(), "swr.cn-north-4.myhuaweicloud.com"), None);
    }
}
