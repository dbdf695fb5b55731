package import GatewayAPI
import HeddlePlugin
import Routing
package import XDS

/// Translates a match, and says how specific it is.
package enum MatchTranslation {
    static func translate(
        _ match: HTTPRoute.Match, path: String
    ) throws(NotServed) -> (match: RouteMatch, precedence: RoutePrecedence) {
        var translated = RouteMatch(path: try pathMatch(match.path, path: "\(path).path"))
        if let method = match.method {
            if case .unknown(let spelling) = method {
                throw NotServed("\(path).method", "method \(spelling) is not known")
            }
            translated.headers.append(
                HeaderMatcher(
                    name: ":method", condition: .string(StringMatcher(.exact(method.rawValue)))))
        }
        let headers = try headers(match.headers, path: "\(path).headers")
        translated.headers += headers
        var parameters: Set<String> = []
        for (index, parameter) in match.queryParams.enumerated()
        where parameters.insert(parameter.name).inserted {
            let field = "\(path).queryParams[\(index)]"
            let matcher = try stringMatch(parameter.type, parameter.value, path: field)
            translated.queryParameters.append(
                QueryParameterMatcher(name: parameter.name, condition: .string(matcher)))
        }
        let precedence = precedence(
            match, headers: headers.count, parameters: parameters.count)
        return (translated, precedence)
    }

    /// Exact paths, then the longest prefix, then a method, then the number of headers, then that
    /// of query parameters (HTTPRouteRule). The API leaves the place of regular expressions open:
    /// here they come between exact paths and prefixes, as they do in Envoy Gateway.
    private static func precedence(
        _ match: HTTPRoute.Match, headers: Int, parameters: Int
    ) -> RoutePrecedence {
        let kind: Int
        switch match.path.type {
        case .exact: kind = 2
        case .regularExpression: kind = 1
        case .pathPrefix, .unknown: kind = 0
        }
        let length = trimmed(match.path).utf8.count
        return RoutePrecedence([kind, length, match.method == nil ? 0 : 1, headers, parameters])
    }

    /// A prefix's trailing slash says nothing: `/abc/` means what `/abc` means.
    private static func trimmed(_ match: HTTPRoute.PathMatch) -> String {
        guard match.type == .pathPrefix, match.value != "/", match.value.hasSuffix("/") else {
            return match.value
        }
        return String(match.value.dropLast())
    }

    private static func pathMatch(
        _ match: HTTPRoute.PathMatch, path: String
    ) throws(NotServed) -> RouteMatch.Path {
        switch match.type {
        case .exact: return .path(match.value)
        case .pathPrefix:
            let prefix = trimmed(match)
            return prefix == "/" ? .prefix("/") : .pathSeparatedPrefix(prefix)
        case .regularExpression:
            return .safeRegex(try expression(match.value, path: "\(path).value"))
        case .unknown(let spelling):
            throw NotServed(
                "\(path).type",
                "path match \(spelling) is not known; use Exact, PathPrefix or RegularExpression")
        }
    }

    private static func stringMatch(
        _ type: HTTPRoute.MatchType, _ value: String, path: String
    ) throws(NotServed) -> StringMatcher {
        switch type {
        case .exact: return StringMatcher(.exact(value))
        case .regularExpression:
            return StringMatcher(.safeRegex(try expression(value, path: "\(path).value")))
        case .unknown(let spelling):
            throw NotServed(
                "\(path).type", "match \(spelling) is not known; use Exact or RegularExpression")
        }
    }

    /// Header conditions. Of two entries with one name, only the first counts
    /// (HTTPRouteMatch.headers).
    package static func headers(
        _ headers: [HTTPRoute.HeaderMatch], path: String
    ) throws(NotServed) -> [HeaderMatcher] {
        var names: Set<String> = []
        var matchers: [HeaderMatcher] = []
        for (index, header) in headers.enumerated()
        where names.insert(header.name.lowercased()).inserted {
            let matcher = try stringMatch(header.type, header.value, path: "\(path)[\(index)]")
            matchers.append(
                HeaderMatcher(name: header.name.lowercased(), condition: .string(matcher)))
        }
        return matchers
    }

    /// A regular expression that proxies take: one that they refuse would cost them every route of
    /// its host.
    package static func expression(
        _ pattern: String, path: String
    ) throws(NotServed) -> String {
        do throws(RegularExpression.SyntaxError) {
            _ = try RegularExpression(pattern)
            return pattern
        } catch {
            throw NotServed(path, "`\(pattern)` is no RE2 expression: \(error.message)")
        }
    }
}
