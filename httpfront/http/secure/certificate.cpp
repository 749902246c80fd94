#include "http/secure/certificate.hpp"

#include <Poco/Net/IPAddress.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "base/host/durable_file.hpp"

namespace nias::httpfront {
namespace {

constexpr long kDay = 24L * 3600;
constexpr long kValidFor = 825 * kDay;  // the longest that browsers take
constexpr long kRenewBefore = 30 * kDay;
constexpr int kSerialBytes = 16;

template <auto free>
struct Free {
    template <typename T>
    void operator()(T* owned) const {
        free(owned);
    }
};
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using File = std::unique_ptr<std::FILE, Free<std::fclose>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;

Error not_written(const std::string& path) {
    return Error{ErrorCode::unavailable, path + " cannot be written: " + std::strerror(errno)};
}

std::string alternative_names(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        Poco::Net::IPAddress address;
        const bool is_address = Poco::Net::IPAddress::tryParse(name, address);
        text += (text.empty() ? "" : ",") + std::string(is_address ? "IP:" : "DNS:") + name;
    }
    return text;
}

bool extend(X509* certificate, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// Null where OpenSSL fails, which it does only without memory or entropy, or for a name that is none.
Certificate make_certificate(EVP_PKEY* key, const std::vector<std::string>& names) {
    Certificate made(X509_new());
    std::array<unsigned char, kSerialBytes> serial{};
    if (!made || RAND_bytes(serial.data(), kSerialBytes) != 1) { return nullptr; }
    serial[0] &= 0x7FU;  // a serial is positive
    const std::unique_ptr<BIGNUM, Free<BN_free>> number(BN_bin2bn(serial.data(), kSerialBytes, nullptr));
    X509_set_version(made.get(), 2);  // counted from 0: version 3
    BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(made.get()));
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -kDay);  // for browsers whose clock is behind
    X509_gmtime_adj(X509_getm_notAfter(made.get()), kValidFor - kDay);
    X509_NAME* subject = X509_get_subject_name(made.get());
    const auto* common = reinterpret_cast<const unsigned char*>("NIAS");
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, common, -1, -1, 0);
    X509_set_issuer_name(made.get(), subject);
    X509_set_pubkey(made.get(), key);
    const bool whole = extend(made.get(), NID_basic_constraints, "critical,CA:FALSE") &&
                       extend(made.get(), NID_key_usage, "critical,digitalSignature") &&
                       extend(made.get(), NID_ext_key_usage, "serverAuth") &&
                       extend(made.get(), NID_subject_alt_name, alternative_names(names));
    return whole && X509_sign(made.get(), key, EVP_sha256()) > 0 ? std::move(made) : nullptr;
}

/// The text that OpenSSL writes.
std::string pem_of(const std::function<bool(BIO*)>& write) {
    const std::unique_ptr<BIO, Free<BIO_free>> memory(BIO_new(BIO_s_mem()));
    char* text = nullptr;
    if (!memory || !write(memory.get())) { return {}; }
    const long size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

/// Writes beside `path`, then renames: whoever reads finds all or nothing.
Status replace_file(const std::string& path, const std::string& text) {
    const std::string beside = path + ".new";
    if (auto written = write_synced(beside, text, IfThere::overwrite); !written) { return written; }
    return ::rename(beside.c_str(), path.c_str()) == 0 ? Status() : not_written(path);
}

/// There, and good for a while yet.
bool is_good(const std::string& certificate, const std::string& key) {
    const File file(std::fopen(certificate.c_str(), "rbe"));
    if (!file || ::access(key.c_str(), R_OK) != 0) { return false; }
    const Certificate read(PEM_read_X509(file.get(), nullptr, nullptr, nullptr));
    if (!read) { return false; }
    std::time_t soon = unix_ms_now() / 1000 + kRenewBefore;
    return X509_cmp_time(X509_get0_notAfter(read.get()), &soon) > 0;
}

}  // namespace

std::string fingerprint_of(const x509_st* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) { return {}; }
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (unsigned int i = 0; i < size; ++i) {
        if (i > 0) { out.push_back(':'); }
        out.push_back(digits[digest[i] >> 4U]);
        out.push_back(digits[digest[i] & 15U]);
    }
    return out;
}

Status ensure_self_signed(const std::string& folder, const std::vector<std::string>& names) {
    const std::string certificate_path = folder + "/certificate.pem";
    const std::string key_path = folder + "/key.pem";
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) { return not_written(folder); }
    if (is_good(certificate_path, key_path)) { return {}; }
    const Key key(EVP_EC_gen("P-256"));
    const Certificate made = key ? make_certificate(key.get(), names) : nullptr;
    if (!made) {
        return Error{ErrorCode::internal, "a certificate could not be made for " + alternative_names(names)};
    }
    const std::string key_text = pem_of([&](BIO* out) {
        return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
    });
    const std::string text = pem_of([&](BIO* out) { return PEM_write_bio_X509(out, made.get()) == 1; });
    // The key first: a certificate without its key would be taken for a good one.
    if (auto written = replace_file(key_path, key_text); !written) { return written; }
    if (auto written = replace_file(certificate_path, text); !written) { return written; }
    return sync_folder(folder);
}

}  // namespace nias::httpfront
