// SPDX-License-Identifier: MIT
// Follows the events of a source from an event loop: whenever there may be new ones, it says so.
#pragma once

#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "collector/source/event_source.h"

namespace vigia::service {

// Borrows its parts, which must outlive it. One thread.
class EventWatch {
public:
    // `ready` has to read the events until there are none. Without a descriptor it is never called:
    // then events are read with each tick only.
    EventWatch(boost::asio::io_context& io_context, source::EventSource& events,
               std::function<void()> ready);

    void start();
    void stop();

private:
    void wait();

    source::EventSource& events_;
    std::function<void()> ready_;
    boost::asio::posix::stream_descriptor descriptor_; // a duplicate: Asio closes what it holds
};

} // namespace vigia::service
