import CLinuxIO
import Routing

extension InternetAddress {
    /// The address that the system writes; an IPv4 address in IPv6 clothes is IPv4.
    init(_ storage: sockaddr_storage) {
        var bytes = SIMD16<UInt8>()
        var port: UInt16 = 0
        let isIPv6 = withUnsafePointer(to: storage) { storage in
            withUnsafeMutableBytes(of: &bytes) { buffer in
                linux_address_parts(
                    storage, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), &port) == 1
            }
        }
        self = InternetAddress(bytes: bytes, isIPv6: isIPv6, port: port).unmapped
    }

    /// The address that a socket is bound to; nil when it is bound to none.
    init?(localOf fd: Int32) {
        var storage = sockaddr_storage()
        guard linux_local_address(fd, &storage) >= 0 else { return nil }
        self.init(storage)
    }

    /// Calls with the address as the system takes it, and its length.
    func withSystemAddress<Result>(
        port: UInt16? = nil, _ body: (UnsafePointer<sockaddr_storage>, socklen_t) -> Result
    ) -> Result {
        var storage = sockaddr_storage()
        var bytes = self.bytes
        let length = withUnsafeBytes(of: &bytes) { buffer in
            linux_address(
                &storage, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self),
                isIPv6 ? 1 : 0, port ?? self.port)
        }
        return body(&storage, length)
    }
}
