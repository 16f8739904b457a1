//! What nothing of the server reads is not offered to be set: the credentials of tools that were left out, and the header
//! of idempotency keys where no request would carry one.

use std::collections::BTreeSet;

use crate::model::{SecurityKind, SecurityScheme, Server};

/// Methods that may be sent twice without a key: RFC 9110 §9.2.2, and `QUERY`.
const IDEMPOTENT: &[&str] = &["DELETE", "GET", "HEAD", "OPTIONS", "PUT", "QUERY", "TRACE"];

/// Drops the security schemes that no operation uses, and every variable without a reader.
pub(crate) fn drop_unread(server: &mut Server) {
    let bindings: Vec<_> = server.everything().filter_map(|tool| tool.binding.as_ref()).collect();
    let used: BTreeSet<String> =
        bindings.iter().flat_map(|binding| binding.security.iter().flatten()).cloned().collect();
    let takes_keys = bindings.iter().any(|binding| !IDEMPOTENT.contains(&binding.method.as_str()));
    let Some(upstream) = &mut server.upstream else { return };
    let (kept, dropped): (Vec<_>, Vec<_>) =
        upstream.security_schemes.drain(..).partition(|scheme| used.contains(&scheme.name));
    upstream.security_schemes = kept;
    let mut unread: BTreeSet<String> = dropped.iter().flat_map(variables).map(str::to_owned).collect();
    if !takes_keys && let Some(prefix) = upstream.base_url_env.strip_suffix("_BASE_URL") {
        unread.insert(format!("{prefix}_IDEMPOTENCY_HEADER"));
    }
    server.settings.retain(|setting| !unread.contains(&setting.env));
}

fn variables(scheme: &SecurityScheme) -> Vec<&str> {
    let more: Vec<&str> = match &scheme.kind {
        SecurityKind::ClientCredentials { variables, .. } => {
            vec![&variables.client_id, &variables.client_secret, &variables.token_url, &variables.scope]
        }
        SecurityKind::MutualTls { key } => vec![key],
        SecurityKind::ApiKey { .. } | SecurityKind::Bearer | SecurityKind::Basic => Vec::new(),
    };
    std::iter::once(scheme.env.as_str()).chain(more).collect()
}

#[cfg(test)]
mod tests {
    use crate::Builder;

    const DOCUMENT: &str = "openapi: 3.1.0
info: { title: Pets, version: '1' }
servers: [{ url: https://pets.example }]
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: X-Key }
    oauth:
      type: oauth2
      flows: { clientCredentials: { tokenUrl: /token, scopes: {} } }
paths:
  /read: { get: { operationId: read, security: [{ key: [] }], responses: {} } }
  /put: { put: { operationId: put, responses: {} } }
  /write: { post: { operationId: write, security: [{ oauth: [] }], responses: {} } }
";

    fn variables(tools: &[&str]) -> Vec<String> {
        let builder = Builder::new("pets.yaml").bytes(DOCUMENT).only(tools.iter().copied());
        let generated = builder.generate().unwrap();
        generated.surface().settings.iter().map(|setting| setting.env.clone()).collect()
    }

    #[test]
    fn a_variable_that_nothing_reads_is_not_listed() {
        let has = |tools: &[&str], env: &str| variables(tools).iter().any(|known| known == env);
        for env in ["PETS_API_KEY", "PETS_BEARER_TOKEN", "PETS_CLIENT_ID", "PETS_IDEMPOTENCY_HEADER"] {
            assert!(has(&["read", "put", "write"], env), "{env}");
        }
        assert!(has(&["read"], "PETS_API_KEY"));
        for env in ["PETS_BEARER_TOKEN", "PETS_CLIENT_ID", "PETS_TOKEN_URL", "PETS_SCOPE", "PETS_IDEMPOTENCY_HEADER"] {
            assert!(!has(&["read", "put"], env), "{env}");
        }
        assert!(!has(&["write"], "PETS_API_KEY") && has(&["write"], "PETS_IDEMPOTENCY_HEADER"));
    }
}
