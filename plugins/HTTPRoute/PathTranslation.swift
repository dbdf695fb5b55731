import GatewayAPI
import HeddlePlugin
import XDS

/// Translates redirects and rewrites.
///
/// xDS replaces bytes, the API whole path elements: where the two would differ at a slash, the
/// path is rewritten by a regular expression.
enum PathTranslation {
    /// Translates a redirect for one of its rule's matches.
    static func redirect(
        _ redirect: HTTPRoute.RequestRedirect, match: RouteMatch, parent: AttachedParent,
        path: String
    ) throws(NotServed) -> RedirectAction {
        let field = "\(path).requestRedirect"
        guard [301, 302, 303, 307, 308].contains(redirect.statusCode) else {
            throw NotServed(
                "\(field).statusCode",
                "\(redirect.statusCode) is no redirect; use 301, 302, 303, 307 or 308")
        }
        var action = RedirectAction(
            scheme: redirect.scheme ?? "", host: redirect.hostname ?? "",
            port: port(of: redirect, parent: parent), status: redirect.statusCode)
        guard let modifier = redirect.path else { return action }
        switch modifier.type {
        case .replaceFullPath: action.path = .replace(modifier.replaceFullPath ?? "/")
        case .replacePrefixMatch:
            switch try prefix(
                modifier.replacePrefixMatch ?? "", match: match, path: "\(field).path")
            {
            case .bytes(let text): action.path = .replacePrefix(text)
            case .regex(let rewrite): action.path = .regex(rewrite)
            }
        case .unknown(let spelling):
            throw NotServed("\(field).path.type", "\(spelling) is not known")
        }
        return action
    }

    /// Puts a rewrite into an action for one of its rule's matches.
    static func rewrite(
        _ rewrite: HTTPRoute.URLRewrite, match: RouteMatch, _ action: inout RouteAction,
        path: String
    ) throws(NotServed) {
        if let host = rewrite.hostname { action.hostRewriteLiteral = host }
        guard let modifier = rewrite.path else { return }
        switch modifier.type {
        case .replacePrefixMatch:
            switch try prefix(
                modifier.replacePrefixMatch ?? "", match: match, path: "\(path).path")
            {
            case .bytes(let text): action.prefixRewrite = text
            case .regex(let rewrite): action.regexRewrite = rewrite
            }
        case .replaceFullPath:
            let replacement = modifier.replaceFullPath ?? "/"
            // What the match covers is replaced, which is the full path of an exact match.
            if case .path = match.path {
                action.prefixRewrite = replacement
            } else {
                action.regexRewrite = RegexMatchAndSubstitute(
                    pattern: "^[^?]*", substitution: escapedSubstitution(replacement))
            }
        case .unknown(let spelling):
            throw NotServed("\(path).path.type", "\(spelling) is not known")
        }
    }

    /// What a prefix is replaced with.
    private enum Prefix {
        case bytes(String)
        case regex(RegexMatchAndSubstitute)
    }

    private static func prefix(
        _ replacement: String, match: RouteMatch, path: String
    ) throws(NotServed) -> Prefix {
        let trimmed = replacement.hasSuffix("/") ? String(replacement.dropLast()) : replacement
        switch match.path {
        // The prefix `/` keeps its slash.
        case .prefix: return .bytes(trimmed + "/")
        case .pathSeparatedPrefix where !trimmed.isEmpty: return .bytes(trimmed)
        case .pathSeparatedPrefix(let matched):
            // Nothing in place of the elements: what follows keeps its slash, or is one.
            return .regex(
                RegexMatchAndSubstitute(
                    pattern: "^\(escapedPattern(matched))/*", substitution: "/"))
        case .path, .safeRegex:
            throw NotServed(
                path, "ReplacePrefixMatch needs a PathPrefix match in the rule",
                reason: "IncompatibleFilters")
        }
    }

    /// The port given, else the scheme's, else the listener's (HTTPRequestRedirectFilter.port).
    ///
    /// 0 leaves the port to the proxy, which keeps that of `Host` where the host stays, and drops
    /// it with the host: right wherever the port that is meant is the listener's own.
    private static func port(
        of redirect: HTTPRoute.RequestRedirect, parent: AttachedParent
    ) -> UInt32 {
        let own: String
        if case .listener(let listener) = parent, listener.protocol == .https {
            own = "https"
        } else {
            own = "http"
        }
        func wellKnown(_ scheme: String) -> Int { scheme == "https" ? 443 : 80 }
        let scheme = redirect.scheme ?? own
        let port = redirect.port ?? redirect.scheme.map(wellKnown) ?? parent.port
        if port == wellKnown(scheme) {
            // The client's `Host` may hold the listener's port, which must not stay.
            let mayHoldPort = redirect.hostname == nil && parent.port != port
            return mayHoldPort ? UInt32(clamping: port) : 0
        }
        return UInt32(clamping: port)
    }

    /// A literal inside an RE2 expression.
    private static func escapedPattern(_ text: String) -> String {
        var escaped = ""
        for character in text {
            if #".+*?()[]{}^$|\"#.contains(character) { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped
    }

    /// A literal inside an RE2 substitution.
    private static func escapedSubstitution(_ text: String) -> String {
        text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
    }
}
