/// Why a message's head or body is refused (RFC 9112).
enum Malformation: Equatable {
    case requestLine
    case method
    case target
    case version
    case statusLine
    case bareLineFeed
    case bareCarriageReturn
    case foldedHeader
    case headerName
    case headerValue
    case contentLength
    case repeatedContentLength
    case transferEncoding
    case transferEncodingWithLength
    case transferEncodingInHTTP10
    case host
    case missingHost
    case repeatedHost
    case connection
    case expectation
    case scheme
    case headTooLarge
    case tooManyHeaders
    case chunkSize
    case chunkExtension
    case chunkEnd
    case trailer

    /// The status that answers a request with it.
    var status: Int {
        switch self {
        case .version: 505
        case .expectation: 417
        case .headTooLarge, .tooManyHeaders: 431
        default: 400
        }
    }

    /// What is wrong, for the person who sent it.
    var reason: StaticString {
        switch self {
        case .requestLine: "the request line is malformed"
        case .method: "the method is no token"
        case .target: "the request target is malformed"
        case .version: "the version is neither HTTP/1.1 nor HTTP/1.0"
        case .statusLine: "the status line is malformed"
        case .bareLineFeed: "a line ends without a carriage return"
        case .bareCarriageReturn: "there is a carriage return without a line feed"
        case .foldedHeader: "a header goes on in a second line"
        case .headerName: "a header's name is no token, or there is a space before the colon"
        case .headerValue: "a header's value holds a control character"
        case .contentLength: "Content-Length is no number"
        case .repeatedContentLength: "there is more than one Content-Length"
        case .transferEncoding: "Transfer-Encoding is something other than one chunked"
        case .transferEncodingWithLength: "there are both Transfer-Encoding and Content-Length"
        case .transferEncodingInHTTP10: "HTTP/1.0 knows no Transfer-Encoding"
        case .host: "Host is malformed"
        case .missingHost: "there is no Host"
        case .repeatedHost: "there is more than one Host"
        case .connection: "Connection is malformed"
        case .expectation: "the expectation is something other than 100-continue"
        case .scheme: "the request target's scheme is not http"
        case .headTooLarge: "the head is too large"
        case .tooManyHeaders: "there are too many headers"
        case .chunkSize: "a chunk's size is malformed"
        case .chunkExtension: "a chunk's extension is malformed"
        case .chunkEnd: "a chunk does not end where it should"
        case .trailer: "the trailer section is malformed"
        }
    }
}
