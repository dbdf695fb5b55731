import CGRPC

/// The core's arguments of a channel or a server.
struct ChannelArguments {
    private var integers: [(String, Int32)] = []
    private var strings: [(String, String)] = []

    mutating func set(_ name: String, _ value: Int) {
        integers.append((name, Int32(clamping: value)))
    }

    mutating func set(_ name: String, _ value: Bool) { integers.append((name, value ? 1 : 0)) }

    mutating func set(_ name: String, _ value: Duration) {
        integers.append((name, value.clampedMilliseconds))
    }

    mutating func set(_ name: String, _ value: String) { strings.append((name, value)) }

    /// Calls `body` with the C arguments, valid during the call; the core copies them.
    func withC<R>(_ body: (UnsafePointer<grpc_channel_args>) -> R) -> R {
        var copies: [UnsafeMutablePointer<CChar>?] = []
        defer { for copy in copies { gpr_free(copy) } }
        func copy(_ text: String) -> UnsafeMutablePointer<CChar>? {
            let copy = gpr_strdup(text)
            copies.append(copy)
            return copy
        }
        var list: [grpc_arg] = []
        for (name, value) in integers {
            var argument = grpc_arg()
            argument.type = GRPC_ARG_INTEGER
            argument.key = copy(name)
            argument.value.integer = value
            list.append(argument)
        }
        for (name, value) in strings {
            var argument = grpc_arg()
            argument.type = GRPC_ARG_STRING
            argument.key = copy(name)
            argument.value.string = copy(value)
            list.append(argument)
        }
        return list.withUnsafeMutableBufferPointer { list in
            var arguments = grpc_channel_args(num_args: list.count, args: list.baseAddress)
            return body(&arguments)
        }
    }
}
