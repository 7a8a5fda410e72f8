// SPDX-License-Identifier: MIT
#include "collector/docker/transport.h"

#include <boost/asio/error.hpp>
#include <boost/beast/core/error.hpp>

#include "collector/base/text.h"

namespace vigia::docker {

Error transport_error(std::string_view what, const boost::system::error_code& code) {
    std::string text = std::string(what) + ": ";
    if (code == beast::error::timeout) {
        return {ErrorKind::unavailable, text + "no answer in time"};
    }
    if (code == asio::error::operation_aborted) {
        return {ErrorKind::unavailable, text + "cancelled"};
    }
    if (code == beast::http::error::end_of_stream || code == beast::http::error::partial_message ||
        code == asio::error::eof) {
        return {ErrorKind::unavailable, text + "the engine closed the connection"};
    }
    if (code.category() == boost::system::system_category()) {
        return system_error(what, code.value());
    }
    return {ErrorKind::damaged,
            text + "not an answer of an engine (" + to_terminal(code.message()) + ")"};
}

} // namespace vigia::docker
