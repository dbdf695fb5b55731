import GatewayAPI
import XDS

/// Translates a CORS filter.
///
/// Source: Gateway API, HTTPCORSFilter; GEP-1767; the Fetch standard.
enum CORSTranslation {
    static func policy(_ cors: HTTPRoute.CORS) -> CORSPolicy {
        let (seconds, _) = cors.maxAge.components
        return CORSPolicy(
            allowOriginStringMatch: cors.allowOrigins.map(origin),
            allowMethods: methods(cors.allowMethods),
            allowHeaders: cors.allowHeaders.joined(separator: ", "),
            exposeHeaders: cors.exposeHeaders.joined(separator: ", "), maxAge: "\(seconds)",
            allowCredentials: cors.allowCredentials)
    }

    /// The wildcard alone; a proxy answers it with what was asked for, never with itself. GET, HEAD
    /// and POST need no permission (Fetch, "CORS-safelisted method"), so that nothing is added.
    private static func methods(_ methods: [String]) -> String {
        methods.contains("*") ? "*" : methods.joined(separator: ", ")
    }

    /// `*` stands for anything, in front of a host for one or more labels.
    private static func origin(_ origin: String) -> StringMatcher {
        let plain = withoutDefaultPort(origin)
        if plain == "*" { return StringMatcher(.safeRegex(".*")) }
        guard plain.contains("*") else { return StringMatcher(.exact(plain), ignoreCase: true) }
        var pattern = "(?i)"
        for character in plain {
            switch character {
            case "*": pattern += "[^/:]+"
            case ".", "+", "?", "(", ")", "[", "]", "{", "}", "^", "$", "|", "\\":
                pattern += "\\\(character)"
            default: pattern.append(character)
            }
        }
        return StringMatcher(.safeRegex(pattern))
    }

    /// A browser leaves the scheme's own port out of `Origin`.
    private static func withoutDefaultPort(_ origin: String) -> String {
        for (scheme, port) in [("http://", ":80"), ("https://", ":443")]
        where origin.hasPrefix(scheme) && origin.hasSuffix(port) {
            return String(origin.dropLast(port.count))
        }
        return origin
    }
}
