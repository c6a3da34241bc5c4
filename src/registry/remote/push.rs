//! Writing: blobs, and manifests by digest. Nothing is ever deleted.

use bytes::Bytes;
use http::{Method, StatusCode, header};
use notary::descriptor::Descriptor;
use notary::digest::Digest;
use url::Url;

use super::super::answer::Answer;
use super::super::error::RegistryError;
use super::super::limits::ERROR_BYTES;
use super::super::meter::Purpose;
use super::super::origin::check_hop;
use super::repository::{RemoteRepository, Support, value};

/// Names the subject that the registry recorded a pushed manifest for (distribution specification, "Pushing Manifests
/// with Subject").
const OCI_SUBJECT: &str = "oci-subject";

/// How often a lost upload is restarted.
const UPLOADS: usize = 3;

/// An open upload session.
#[derive(Debug)]
pub(crate) struct Upload {
    url: Url,
}

/// How far the push of a blob has got.
#[derive(Debug, Default)]
pub(crate) enum Blob {
    /// The repository has it.
    Stored,
    Open(Upload),
    #[default]
    Unknown,
}

/// Whether the registry says that it lists a pushed manifest as a referrer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// It does: no tag index is needed.
    Recorded,
    /// It does not say so.
    NotReported,
}

impl RemoteRepository {
    /// Whether the repository says that it has the blob. A redirect to the store that keeps it says so too; if it is not
    /// there after all, the registry refuses the manifest that names it. Registries that refuse such a question take the blob.
    pub(crate) async fn has_blob(&self, digest: &Digest) -> bool {
        let what = format!("{}@{digest}", self.name());
        let Ok(call) = self.call(Purpose::BlobExists, Method::HEAD, &format!("blobs/{digest}"), &what) else {
            return false;
        };
        let answer = self.inner.http.send(&call).await;
        answer.is_ok_and(|answer| answer.status == StatusCode::OK || answer.status.is_redirection())
    }

    /// Opens an upload session. It may be opened before it is known what will be sent, and may be left unused: the
    /// registry forgets it.
    pub(crate) async fn open_upload(&self) -> Result<Upload, RegistryError> {
        let what = format!("upload to {}", self.name());
        let call = self.call(Purpose::UploadStart, Method::POST, "blobs/uploads/", &what)?.cap(ERROR_BYTES);
        let answer = self.inner.http.send(&call).await?;
        match answer.status {
            StatusCode::ACCEPTED => self.upload_at(&answer),
            StatusCode::NOT_FOUND => Err(answer.not_found(&Method::POST, self.name())),
            _ => Err(answer.refused(&Method::POST)),
        }
    }

    /// Sends a blob in one request (distribution specification, "Single POST"). A registry that does not take that opens
    /// a session instead, as it should, or refuses, and then a session is opened.
    pub(crate) async fn upload_at_once(&self, descriptor: &Descriptor, content: &Bytes) -> Result<Blob, RegistryError> {
        let what = format!("{}@{}", self.name(), descriptor.digest);
        let path = format!("blobs/uploads/?digest={}", descriptor.digest);
        let call = self
            .call(Purpose::Upload, Method::POST, &path, &what)?
            .header(header::CONTENT_TYPE, value("application/octet-stream"))
            .body(content.clone())
            .cap(ERROR_BYTES);
        let answer = self.inner.http.send(&call).await?;
        match answer.status {
            StatusCode::CREATED => Ok(Blob::Stored),
            StatusCode::ACCEPTED => self.upload_at(&answer).map(Blob::Open),
            StatusCode::NOT_FOUND => Err(answer.not_found(&Method::POST, self.name())),
            _ => self.open_upload().await.map(Blob::Open),
        }
    }

    /// Sends a blob, by the session given or one opened here. A session that the registry lost is opened again, unless
    /// the blob arrived after all.
    pub(crate) async fn push_blob(
        &self,
        upload: Option<Upload>,
        descriptor: &Descriptor,
        content: &Bytes,
    ) -> Result<(), RegistryError> {
        let mut upload = upload;
        let mut round = 0;
        loop {
            round += 1;
            let session = match upload.take() {
                Some(session) => session,
                None => self.open_upload().await?,
            };
            let answer = self.send_blob(&session, descriptor, content).await?;
            match answer.status {
                StatusCode::CREATED | StatusCode::OK | StatusCode::NO_CONTENT => return Ok(()),
                // An attempt whose answer was lost may have ended the session: the blob is there, or it goes again.
                StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::RANGE_NOT_SATISFIABLE => {
                    if self.has_blob(&descriptor.digest).await {
                        return Ok(());
                    }
                    if round == UPLOADS {
                        return Err(answer.refused(&Method::PUT));
                    }
                }
                _ => return Err(answer.refused(&Method::PUT)),
            }
        }
    }

    async fn send_blob(
        &self,
        upload: &Upload,
        descriptor: &Descriptor,
        content: &Bytes,
    ) -> Result<Answer, RegistryError> {
        let mut url = upload.url.clone();
        url.query_pairs_mut().append_pair("digest", descriptor.digest.as_str());
        let what = format!("{}@{}", self.name(), descriptor.digest);
        let call = self
            .call_at(Purpose::Upload, Method::PUT, url, &what)
            .header(header::CONTENT_TYPE, value("application/octet-stream"))
            .body(content.clone())
            .cap(ERROR_BYTES);
        self.inner.http.send(&call).await
    }

    /// The session's URL: relative, absolute, or at another host, which then gets no credential.
    fn upload_at(&self, answer: &Answer) -> Result<Upload, RegistryError> {
        let url = answer.location()?;
        check_hop(&answer.origin, &url, &self.inner.http.settings().insecure)?;
        Ok(Upload { url })
    }

    /// Writes a manifest by its digest.
    ///
    /// # Errors
    /// [`RegistryError::Answered`] when the registry does not take it.
    pub(crate) async fn push_manifest(
        &self,
        descriptor: &Descriptor,
        content: &Bytes,
        subject: &Digest,
    ) -> Result<Subject, RegistryError> {
        let what = format!("{}@{}", self.name(), descriptor.digest);
        let path = format!("manifests/{}", descriptor.digest);
        let call = self
            .call(Purpose::ManifestPush, Method::PUT, &path, &what)?
            .header(header::CONTENT_TYPE, value(&descriptor.media_type))
            .body(content.clone())
            .cap(ERROR_BYTES);
        let answer = self.inner.http.send(&call).await?;
        match answer.status {
            status if status.is_success() => {}
            StatusCode::NOT_FOUND => return Err(answer.not_found(&Method::PUT, self.name())),
            _ => return Err(answer.refused(&Method::PUT)),
        }
        match answer.header(OCI_SUBJECT) {
            Some(text) if text == subject.as_str() => {
                self.note_referrers_api(Support::Known);
                Ok(Subject::Recorded)
            }
            _ => Ok(Subject::NotReported),
        }
    }
}
