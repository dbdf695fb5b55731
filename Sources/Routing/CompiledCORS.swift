import XDS

/// A route's cross-origin rules, ready to be applied.
///
/// Source: Envoy's `CorsPolicy`.
package final class CompiledCORS: Sendable {
    /// The value of `access-control-allow-methods`; `*` echoes what is asked for, empty sends none.
    package let allowMethods: [UInt8]
    /// The value of `access-control-allow-headers`; `*` echoes what is asked for, empty sends none.
    package let allowHeaders: [UInt8]
    /// The value of `access-control-expose-headers`; empty sends none.
    package let exposeHeaders: [UInt8]
    /// The value of `access-control-max-age`; empty sends none.
    package let maxAge: [UInt8]
    /// Whether `access-control-allow-credentials: true` is sent.
    package let allowsCredentials: Bool
    /// Whether a preflight's question for a private network is answered by yes.
    package let allowsPrivateNetwork: Bool
    /// A preflight of another origin goes to the cluster.
    package let forwardsOtherPreflights: Bool

    private let origins: [StringCondition]
    private let allowsAll: Bool

    init(_ policy: CORSPolicy, at place: String, errors: inout ErrorCollector) {
        func value(_ text: String, _ field: String) -> [UInt8] {
            let bytes = Array(text.utf8)
            if bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                errors.invalid("\(place).\(field)", "the value holds a control character")
            }
            return bytes
        }
        allowMethods = value(policy.allowMethods, "allow_methods")
        allowHeaders = value(policy.allowHeaders, "allow_headers")
        exposeHeaders = value(policy.exposeHeaders, "expose_headers")
        maxAge = value(policy.maxAge, "max_age")
        allowsCredentials = policy.allowCredentials
        allowsPrivateNetwork = policy.allowPrivateNetworkAccess
        forwardsOtherPreflights = policy.forwardsNotMatchingPreflights ?? true
        origins = StringCondition.all(
            policy.allowOriginStringMatch, at: "\(place).allow_origin_string_match",
            errors: &errors)
        let any = Array("*".utf8)
        allowsAll = origins.contains { origin in any.withUnsafeBytes { origin.matches($0) } }
    }

    /// Whether an origin is allowed; a pattern that takes `*` takes every origin.
    package func allows(_ origin: UnsafeRawBufferPointer) -> Bool {
        allowsAll || origins.contains { $0.matches(origin) }
    }
}

extension StringCondition {
    /// Compiles matchers, and tells what is wrong with them.
    static func all(
        _ matchers: [StringMatcher], at place: String, errors: inout ErrorCollector
    ) -> [StringCondition] {
        var conditions: [StringCondition] = []
        for (index, matcher) in matchers.enumerated() {
            do throws(RegularExpression.SyntaxError) {
                conditions.append(try StringCondition(matcher))
            } catch {
                errors.invalid("\(place)[\(index)]", error.message)
            }
        }
        return conditions
    }
}
