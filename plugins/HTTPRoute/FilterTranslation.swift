import GatewayAPI
import HeddlePlugin
import XDS

/// Translates filters: header modifiers, redirects and rewrites.
enum FilterTranslation {
    /// Applies a rule's filters to one of its routes.
    static func apply(
        _ filters: [HTTPRoute.Filter], to route: inout XDS.Route, parent: AttachedParent,
        path: String
    ) throws(NotServed) {
        for (index, filter) in filters.enumerated() {
            let field = "\(path)[\(index)]"
            switch filter.type {
            case .requestHeaderModifier:
                guard let modifier = filter.requestHeaderModifier else { throw missing(field) }
                route.requestHeadersToAdd += additions(modifier)
                route.requestHeadersToRemove += modifier.remove
            case .responseHeaderModifier:
                guard let modifier = filter.responseHeaderModifier else { throw missing(field) }
                route.responseHeadersToAdd += additions(modifier)
                route.responseHeadersToRemove += modifier.remove
            case .requestRedirect:
                guard let redirect = filter.requestRedirect else { throw missing(field) }
                route.action = .redirect(
                    try action(of: redirect, match: route.match, parent: parent, path: field))
            case .urlRewrite:
                // A part of the route's action.
                continue
            case .requestMirror, .cors, .externalAuth, .extensionRef, .unknown:
                throw NotServed(
                    "\(field).type", "filter \(filter.type) is not served; remove it")
            }
        }
    }

    /// Applies a backend's filters to its weighted cluster.
    static func apply(
        _ filters: [HTTPRoute.Filter], to cluster: inout ClusterWeight, path: String
    ) throws(NotServed) {
        for (index, filter) in filters.enumerated() {
            guard filter.type == .requestHeaderModifier, let modifier = filter.requestHeaderModifier
            else {
                throw NotServed(
                    "\(path)[\(index)].type",
                    "filter \(filter.type) is not served on a backend; move it to the rule")
            }
            cluster.requestHeadersToAdd += additions(modifier)
            cluster.requestHeadersToRemove += modifier.remove
        }
    }

    /// Applies a rule's URL rewrite to its action.
    static func rewrite(
        _ filters: [HTTPRoute.Filter], match: RouteMatch, _ action: inout RouteAction, path: String
    ) throws(NotServed) {
        for (index, filter) in filters.enumerated() where filter.type == .urlRewrite {
            let field = "\(path)[\(index)].urlRewrite"
            guard let rewrite = filter.urlRewrite else { throw missing("\(path)[\(index)]") }
            action.hostRewriteLiteral = rewrite.hostname ?? ""
            guard let modifier = rewrite.path else { continue }
            switch modifier.type {
            case .replacePrefixMatch:
                action.prefixRewrite = try prefix(
                    modifier.replacePrefixMatch ?? "", match: match, path: "\(field).path")
            case .replaceFullPath:
                // xDS replaces what the match covered, which is the full path of an exact match.
                guard case .path = match.path else {
                    throw NotServed(
                        "\(field).path",
                        "a full path is replaced only where the match is Exact; "
                            + "use an Exact match or ReplacePrefixMatch")
                }
                action.prefixRewrite = modifier.replaceFullPath ?? "/"
            case .unknown(let spelling):
                throw NotServed("\(field).path.type", "\(spelling) is not known")
            }
        }
    }

    private static func action(
        of redirect: HTTPRoute.RequestRedirect, match: RouteMatch, parent: AttachedParent,
        path: String
    ) throws(NotServed) -> RedirectAction {
        guard [301, 302, 303, 307, 308].contains(redirect.statusCode) else {
            throw NotServed(
                "\(path).requestRedirect.statusCode",
                "\(redirect.statusCode) is no redirect; use 301, 302, 303, 307 or 308")
        }
        var action = RedirectAction(
            scheme: redirect.scheme ?? "", host: redirect.hostname ?? "",
            port: port(of: redirect, parent: parent), status: redirect.statusCode)
        if let modifier = redirect.path {
            let field = "\(path).requestRedirect.path"
            switch modifier.type {
            case .replaceFullPath:
                action.path = .replace(modifier.replaceFullPath ?? "/")
            case .replacePrefixMatch:
                action.path = .replacePrefix(
                    try prefix(modifier.replacePrefixMatch ?? "", match: match, path: field))
            case .unknown(let spelling):
                throw NotServed("\(field).type", "\(spelling) is not known")
            }
        }
        return action
    }

    /// The port given, else the scheme's, else the listener's; none where it goes without saying
    /// (HTTPRequestRedirectFilter.port).
    private static func port(
        of redirect: HTTPRoute.RequestRedirect, parent: AttachedParent
    ) -> UInt32 {
        let scheme = redirect.scheme
        let wellKnown = scheme.map { $0 == "https" ? 443 : 80 }
        let port = redirect.port ?? wellKnown ?? parent.port
        let isImplied = port == (scheme == "https" ? 443 : 80)
        return isImplied ? 0 : UInt32(clamping: port)
    }

    /// xDS replaces bytes, the API whole path elements: the slash between what replaces and what
    /// follows is put where the match leaves it out.
    private static func prefix(
        _ replacement: String, match: RouteMatch, path: String
    ) throws(NotServed) -> String {
        let trimmed = replacement.hasSuffix("/") ? String(replacement.dropLast()) : replacement
        switch match.path {
        case .prefix: return trimmed + "/"
        case .pathSeparatedPrefix where !trimmed.isEmpty: return trimmed
        case .pathSeparatedPrefix:
            throw NotServed(
                path, "replacing a prefix with / is not served; name at least one path element")
        case .path, .safeRegex:
            throw NotServed(
                path, "ReplacePrefixMatch needs a PathPrefix match in the rule",
                reason: "IncompatibleFilters")
        }
    }

    private static func additions(_ modifier: HTTPRoute.HeaderModifier) -> [HeaderValueOption] {
        modifier.set.map { HeaderValueOption(key: $0.name, value: $0.value, action: .overwrite) }
            + modifier.add.map { HeaderValueOption(key: $0.name, value: $0.value, action: .append) }
    }

    private static func missing(_ path: String) -> NotServed {
        NotServed(path, "the filter's own field is missing", reason: "UnsupportedValue")
    }
}
