// Poco's own HTTP server with the handler that asks least of it, as the baseline of strictness.py: it reads
// the body and answers 200. Prints its port, and ends when its standard input does.
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/NullStream.h>
#include <Poco/StreamCopier.h>

#include <iostream>
#include <memory>

namespace {

namespace net = Poco::Net;

class Handler : public net::HTTPRequestHandler {
public:
    void handleRequest(net::HTTPServerRequest& request, net::HTTPServerResponse& response) override {
        Poco::NullOutputStream nowhere;
        Poco::StreamCopier::copyStream(request.stream(), nowhere);
        response.setContentLength(2);
        response.send() << "ok";
    }
};

class Factory : public net::HTTPRequestHandlerFactory {
public:
    net::HTTPRequestHandler* createRequestHandler(const net::HTTPServerRequest&) override {
        return std::make_unique<Handler>().release();  // Poco deletes it
    }
};

}  // namespace

int main() {
    const net::ServerSocket socket(net::SocketAddress("127.0.0.1", 0));
    Poco::AutoPtr<net::HTTPServerParams> bounds(Poco::makeAuto<net::HTTPServerParams>());
    bounds->setMaxThreads(16);
    bounds->setMaxQueued(256);
    bounds->setTimeout(Poco::Timespan(10, 0));
    Poco::ThreadPool threads(2, 16);
    net::HTTPServer server(net::HTTPRequestHandlerFactory::Ptr(std::make_unique<Factory>().release()),
                           threads, socket, bounds);
    server.start();
    std::cout << socket.address().port() << std::endl;
    for (char byte = 0; std::cin.get(byte);) {}
    server.stopAll(true);
    return 0;
}
