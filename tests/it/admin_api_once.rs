//! Requests to the administration API that come again or at once: idempotency keys, versions, and the limit of requests.
